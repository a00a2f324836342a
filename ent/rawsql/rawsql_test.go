package rawsql_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/ddl"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

var system = scope.System("test")

func newTenant(t testing.TB, st *store.Store) scope.Scope {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(id).SetSlug(id.String()).SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
	})
	return scope.Tenant(id)
}

func do(t testing.TB, st *store.Store, s scope.Scope, write store.Write) {
	t.Helper()
	require.NoError(t, st.Do(t.Context(), s, write))
}

func TestIdentify_TellsAllInOneStatement(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var statements int
			st, _ := testdb.New(t, name, testdb.WithStatements(func(string) { statements++ }))
			sc := newTenant(t, st)
			ctx := scope.With(t.Context(), sc)
			kim, sam := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
			do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
				tx.User.Create().SetID(kim).SetUsername("kim").SetBlockedAt(time.Now()).ExecX(ctx)
				tx.Email.Create().SetUserID(kim).SetAddress("other@shop.example").ExecX(ctx)
				tx.Email.Create().SetUserID(kim).SetAddress("kim@shop.example").SetPrimaryOf(kim).ExecX(ctx)
				tx.Email.Create().SetAddress("nobody@shop.example").ExecX(ctx)
				tx.PasswordCredential.Create().SetUserID(kim).SetHash("x").ExecX(ctx)
				tx.TOTPSecret.Create().SetUserID(kim).SetSecret([]byte("x")).ExecX(ctx)
				tx.WebauthnCredential.Create().SetUserID(kim).SetCredentialID([]byte("x")).SetCredentialHash([]byte("x")).
					SetPublicKey([]byte("x")).SetAaguid(uuid.Nil).SetTransports(nil).SetMfaOnly(true).ExecX(ctx)
				return tx.User.Create().SetID(sam).Exec(ctx)
			})
			want := &rawsql.Identity{
				UserID: kim, PrimaryEmail: "kim@shop.example", Username: "kim", HasEmails: true, HasPassword: true, HasWebauthn: true,
				HasSecurityKey: true, HasTOTP: true, Blocked: true,
			}
			statements = 0
			got, err := st.Raw().IdentifyByEmail(ctx, "other@shop.example")
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, 1, statements)
			got, err = st.Raw().IdentifyByUsername(ctx, "kim")
			require.NoError(t, err)
			require.Equal(t, want, got)
			got, err = st.Raw().IdentifyByID(ctx, sam)
			require.NoError(t, err)
			require.Equal(t, &rawsql.Identity{UserID: sam}, got)
			for _, address := range []string{"nobody@shop.example", "KIM@shop.example", "x'; DROP TABLE users; --", "kim@shop.example "} {
				if name == dialect.MySQL && address == "kim@shop.example " {
					continue // trailing spaces do not count there: addresses are trimmed before they are asked for
				}
				got, err = st.Raw().IdentifyByEmail(ctx, address)
				require.NoError(t, err)
				require.Nil(t, got, address)
			}
			do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
				return tx.WebauthnCredential.Create().SetUserID(sam).SetCredentialID([]byte("y")).SetCredentialHash([]byte("y")).
					SetPublicKey([]byte("x")).SetAaguid(uuid.Nil).SetTransports(nil).Exec(ctx)
			})
			got, err = st.Raw().IdentifyByID(ctx, sam)
			require.NoError(t, err)
			require.True(t, got.HasPasskey && got.HasWebauthn && !got.HasSecurityKey)
		})
	}
}

func TestSurplusSessions_AreTheOldestLiveOnes(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		kim := uuid.Must(uuid.NewV7())
		now := time.Now().UTC().Truncate(time.Microsecond)
		ids := make([]uuid.UUID, 5)
		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
			tx.User.Create().SetID(kim).ExecX(ctx)
			for i := range ids {
				ids[i] = uuid.New()
				expires := now.Add(time.Hour)
				if i == 3 {
					expires = now // just over
				}
				tx.Session.Create().SetID(ids[i]).SetUserID(kim).SetCreatedAt(now.Add(time.Duration(i) * time.Second)).
					SetExpiresAt(expires).SetLastUsedAt(now).ExecX(ctx)
			}
			require.NoError(t, tx.Raw.LockUser(ctx, kim))
			require.NoError(t, tx.Raw.LockUser(ctx, uuid.New()), "nobody to lock")
			surplus, err := tx.Raw.SurplusSessions(ctx, kim, 2, now)
			require.NoError(t, err)
			require.Equal(t, []rawsql.SurplusSession{{ID: ids[1], ExpiresAt: now.Add(time.Hour)}, {ID: ids[0], ExpiresAt: now.Add(time.Hour)}}, surplus)
			surplus, err = tx.Raw.SurplusSessions(ctx, kim, 4, now)
			require.NoError(t, err)
			require.Empty(t, surplus)
			return nil
		})
	})
}

func TestFeeds_TellWhatIsNew(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := newTenant(t, st), newTenant(t, st)
		all := scope.With(t.Context(), system)
		at := time.Now().UTC().Truncate(time.Microsecond)
		old, fresh := uuid.New(), uuid.New()
		do(t, st, a, func(ctx context.Context, tx *store.Tx) error {
			return tx.Revocation.CreateBulk(
				tx.Revocation.Create().SetSessionID(old).SetCreatedAt(at.Add(-time.Minute)).SetExpiresAt(at),
				tx.Revocation.Create().SetSessionID(fresh).SetCreatedAt(at).SetExpiresAt(at)).Exec(ctx)
		})
		got, err := st.Raw().RevokedSince(all, at)
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{fresh}, got)
		got, err = st.Raw().RevokedSince(all, at.Add(-time.Hour))
		require.NoError(t, err)
		require.ElementsMatch(t, []uuid.UUID{old, fresh}, got)
		_, err = st.Raw().RevokedSince(scope.With(t.Context(), a), at)
		require.ErrorIs(t, err, rawsql.ErrNeedsSystem)

		later := at.Add(time.Hour)
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			return tx.Tenant.UpdateOneID(b.TenantID()).SetUpdatedAt(later).SetStatus("suspended").AddVersion(1).Exec(ctx)
		})
		changed, err := st.Raw().TenantsChangedSince(all, later, 10)
		require.NoError(t, err)
		require.Equal(t, []rawsql.ChangedTenant{{ID: b.TenantID(), Slug: b.TenantID().String(), Status: "suspended", Version: 2, UpdatedAt: later}}, changed)
		changed, err = st.Raw().TenantsChangedSince(all, at.Add(-time.Hour), 1)
		require.NoError(t, err)
		require.Len(t, changed, 1)
		require.Equal(t, a.TenantID(), changed[0].ID, "the oldest change first")
	})
}

func TestUsageOf_CountsEachTenantsOwn(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := newTenant(t, st), newTenant(t, st)
		now := time.Now()
		do(t, st, a, func(ctx context.Context, tx *store.Tx) error {
			u := tx.User.Create().SaveX(ctx)
			tx.User.Create().ExecX(ctx)
			tx.Session.Create().SetUserID(u.ID).SetExpiresAt(now.Add(-time.Second)).SetLastUsedAt(now).ExecX(ctx)
			return tx.Session.Create().SetUserID(u.ID).SetExpiresAt(now.Add(time.Hour)).SetLastUsedAt(now).Exec(ctx)
		})
		got, err := st.Raw().UsageOf(scope.With(t.Context(), system), now, a.TenantID(), b.TenantID(), uuid.New())
		require.NoError(t, err)
		require.ElementsMatch(t, []rawsql.Usage{{TenantID: a.TenantID(), Users: 2, Sessions: 1}, {TenantID: b.TenantID()}}, got)
		got, err = st.Raw().UsageOf(scope.With(t.Context(), system), now)
		require.NoError(t, err)
		require.Empty(t, got)
	})
}

func TestDeleteExpired_TakesBatches(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := newTenant(t, st), newTenant(t, st)
		now := time.Now()
		for _, sc := range []scope.Scope{a, b} {
			do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
				for i := range 5 {
					at := now.Add(-time.Duration(i) * time.Hour) // four are over
					tx.Flow.Create().SetID(uuid.New()).SetName("login").SetData([]byte("x")).SetExpiresAt(at).ExecX(ctx)
				}
				return nil
			})
		}
		remove := func(sc scope.Scope, limit int) (n int) {
			do(t, st, sc, func(ctx context.Context, tx *store.Tx) (err error) {
				n, err = tx.Raw.DeleteExpired(ctx, rawsql.ExpiredFlows, now, limit)
				return err
			})
			return n
		}
		n, err := st.Raw().CountExpired(scope.With(t.Context(), system), rawsql.ExpiredFlows, now)
		require.NoError(t, err)
		require.Equal(t, 8, n)
		require.Equal(t, 3, remove(a, 3))
		require.Equal(t, 1, remove(a, 3))
		require.Equal(t, 0, remove(a, 3))
		require.Equal(t, 4, remove(system, 100))
		require.Equal(t, 2, st.Reader().Flow.Query().CountX(scope.With(t.Context(), system)))
	})
}

// TestDeleteExpired_OfEveryKind runs each statement: a misspelt column would show.
func TestDeleteExpired_OfEveryKind(t *testing.T) {
	t.Parallel()

	kinds := []rawsql.Expiring{
		rawsql.ExpiredFlows, rawsql.ExpiredPasscodes, rawsql.ExpiredOneTimeTokens, rawsql.ExpiredTrustedDevices, rawsql.ExpiredSessions,
		rawsql.ExpiredRevocations, rawsql.ExpiredSAMLUses, rawsql.DoneIntents, rawsql.OldAuditLogs, rawsql.OldWebhookDeliveries,
	}
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		for _, kind := range kinds {
			do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
				n, err := tx.Raw.DeleteExpired(ctx, kind, time.Now(), 10)
				require.NoError(t, err, kind)
				require.Zero(t, n)
				n, err = tx.Raw.CountExpired(ctx, kind, time.Now())
				require.NoError(t, err, kind)
				require.Zero(t, n)
				return nil
			})
		}
	})
}

func TestPurgeTenant_GoesInBatchesUntilNothingIsLeft(t *testing.T) {
	t.Parallel()

	require.Less(t, slices.Index(ddl.TenantTables(), "users"), slices.Index(ddl.TenantTables(), "emails"), "parents come first in the list")
	require.Less(t, slices.Index(ddl.TenantTables(), "emails"), slices.Index(ddl.TenantTables(), "identities"))
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := newTenant(t, st), newTenant(t, st)
		for _, sc := range []scope.Scope{a, b} {
			do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
				for range 4 {
					u := tx.User.Create().SaveX(ctx)
					tx.Email.Create().SetUserID(u.ID).SetPrimaryOf(u.ID).SetAddress(u.ID.String() + "@shop.example").ExecX(ctx)
				}
				return nil
			})
		}
		batches, total, users := 0, 0, 0
		for gone := false; !gone; batches++ {
			do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
				purged, err := tx.Raw.PurgeTenant(ctx, a.TenantID(), 3)
				require.LessOrEqual(t, purged.Total(), 3)
				total, gone = total+purged.Total(), purged.Gone
				users += purged.Rows["users"]
				return err
			})
			require.Less(t, batches, 10)
		}
		require.Equal(t, 8, total)
		require.Equal(t, 4, users)
		all := scope.With(t.Context(), system)
		require.Equal(t, []uuid.UUID{b.TenantID()}, st.Reader().Tenant.Query().IDsX(all))
		require.Equal(t, 4, st.Reader().User.Query().CountX(all))
		require.Equal(t, 4, st.Reader().Email.Query().CountX(all))
	})
}
