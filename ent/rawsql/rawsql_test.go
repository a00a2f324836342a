package rawsql_test

import (
	"context"
	"slices"
	"sync"
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
		batches, total := 0, 0
		for gone := false; !gone; batches++ {
			do(t, st, system, func(ctx context.Context, tx *store.Tx) (err error) {
				var n int
				n, gone, err = tx.Raw.PurgeTenant(ctx, a.TenantID(), 3)
				require.LessOrEqual(t, n, 3)
				total += n
				return err
			})
			require.Less(t, batches, 10)
		}
		require.Equal(t, 8, total)
		all := scope.With(t.Context(), system)
		require.Equal(t, []uuid.UUID{b.TenantID()}, st.Reader().Tenant.Query().IDsX(all))
		require.Equal(t, 4, st.Reader().User.Query().CountX(all))
		require.Equal(t, 4, st.Reader().Email.Query().CountX(all))
	})
}

// put writes intents of a tenant.
func put(t testing.TB, st *store.Store, sc scope.Scope, at time.Time, ordering ...string) []uuid.UUID {
	t.Helper()
	ids := make([]uuid.UUID, len(ordering))
	do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
		for i, key := range ordering {
			ids[i] = uuid.Must(uuid.NewV7())
			tx.Intent.Create().SetID(ids[i]).SetKind("mail").SetOrdering(key).SetPayload([]byte("sealed")).SetAvailableAt(at).ExecX(ctx)
		}
		return nil
	})
	return ids
}

func claim(t testing.TB, st *store.Store, c rawsql.Claim) (out rawsql.Claimed) {
	t.Helper()
	if c.Lease == 0 {
		c.Lease = time.Minute
	}
	do(t, st, system, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.Raw.ClaimIntents(ctx, c)
		return err
	})
	return out
}

func idsOf(c rawsql.Claimed) []uuid.UUID {
	ids := make([]uuid.UUID, len(c.Intents))
	for i, it := range c.Intents {
		ids[i] = it.ID
	}
	return ids
}

func TestClaimIntents_GivesEachTenantItsTurn(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		loud, quiet, third := newTenant(t, st), newTenant(t, st), newTenant(t, st)
		first := put(t, st, loud, now, make([]string, 50)...)
		second := put(t, st, quiet, now, "")
		put(t, st, third, now.Add(time.Hour), "") // not due yet

		got := claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 3})
		require.Equal(t, append(first[:3:3], second...), idsOf(got), "three of the loud one, and the quiet one is not kept waiting")
		require.True(t, got.More)
		require.Equal(t, uuid.Nil, got.Last, "the round is complete")
		it := got.Intents[3]
		require.Equal(t, quiet.TenantID(), it.TenantID)
		require.Equal(t, "mail", it.Kind)
		require.Equal(t, []byte("sealed"), it.Payload)
		require.Equal(t, 1, it.Attempts)
		require.Nil(t, it.NotAfter)
		require.WithinDuration(t, now, it.CreatedAt, time.Minute)

		got = claim(t, st, rawsql.Claim{Now: now, Tenants: 1, PerTenant: 3})
		require.Equal(t, first[3:6], idsOf(got), "what is leased is not handed out twice")
		require.Equal(t, loud.TenantID(), got.Last)
		got = claim(t, st, rawsql.Claim{Now: now, Tenants: 1, PerTenant: 3, After: got.Last})
		require.Empty(t, got.Intents, "the rest of the round has nothing due")
		require.Equal(t, uuid.Nil, got.Last)
		require.False(t, got.More)

		got = claim(t, st, rawsql.Claim{Now: now.Add(2 * time.Minute), Tenants: 5, PerTenant: 100})
		require.ElementsMatch(t, append(first, second...), idsOf(got), "leases end")
		require.Equal(t, 2, got.Intents[0].Attempts)
	})
}

func TestClaimIntents_KeepsTheOrderOfAKey(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		sc := newTenant(t, st)
		ids := put(t, st, sc, now, "k", "k", "other", "k", "")
		got := claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 1})
		require.Equal(t, ids[:1], idsOf(got))
		got = claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10})
		require.Equal(t, []uuid.UUID{ids[2], ids[4]}, idsOf(got), "the later ones of the key wait for the one that is leased")

		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error { // with the scope of the tenant, as a worker does
			require.NoError(t, tx.Raw.ReleaseIntent(ctx, ids[0], now.Add(time.Hour), "mail host is down"))
			return nil
		})
		require.Empty(t, claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10}).Intents, "and while it waits for its next attempt")
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.IntentsDone(ctx, now, ids[0])
			require.Equal(t, 1, n)
			return err
		})
		require.Equal(t, []uuid.UUID{ids[1], ids[3]}, idsOf(claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10})), "in order, together")
	})
}

func TestClaimIntents_EightRelaysTakeEachRowOnce(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC()
		var want []uuid.UUID
		for range 3 {
			want = append(want, put(t, st, newTenant(t, st), now, append(make([]string, 20), "k", "k", "k")...)...)
		}
		var mu sync.Mutex
		var got []uuid.UUID
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 30 {
					c := claim(t, st, rawsql.Claim{Now: now, Tenants: 2, PerTenant: 3})
					if len(c.Intents) == 0 {
						c = claim(t, st, rawsql.Claim{Now: now, Tenants: 2, PerTenant: 3, After: c.Last})
					}
					mu.Lock()
					got = append(got, idsOf(c)...)
					mu.Unlock()
					do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
						_, err := tx.Raw.IntentsDone(ctx, now, idsOf(c)...)
						return err
					})
				}
			})
		}
		wg.Wait()
		require.ElementsMatch(t, want, got)
	})
}

func TestClaimIntents_WalksPastManyTenantsThatWait(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC()
		for range 25 {
			put(t, st, newTenant(t, st), now.Add(time.Hour), "")
		}
		last := newTenant(t, st)
		want := put(t, st, last, now, "")
		after, rounds := uuid.Nil, 0
		for {
			got := claim(t, st, rawsql.Claim{Now: now, Tenants: 2, PerTenant: 1, After: after})
			if rounds++; len(got.Intents) > 0 {
				require.Equal(t, want, idsOf(got))
				break
			}
			require.True(t, got.More, "whoever is told that there is more comes again at once")
			require.NotEqual(t, uuid.Nil, got.Last)
			after = got.Last
			require.Less(t, rounds, 10)
		}
	})
}

func TestIntents_EndOnceAndForgetTheirPayload(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		sc, other := newTenant(t, st), newTenant(t, st)
		ids := put(t, st, sc, now, "", "", "", "")
		require.Equal(t, 4, backlog(t, st).Ready)
		do(t, st, other, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.IntentsDone(ctx, now, ids...)
			require.Zero(t, n, "another tenant's")
			return err
		})
		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.IntentsDone(ctx, now, ids[0])
			require.NoError(t, err)
			require.Equal(t, 1, n)
			n, err = tx.Raw.IntentsDone(ctx, now, ids[0])
			require.NoError(t, err)
			require.Zero(t, n, "someone else was faster")
			n, err = tx.Raw.IntentsDropped(ctx, now, "expired", ids[1])
			require.NoError(t, err)
			require.Equal(t, 1, n)
			n, err = tx.Raw.IntentsDead(ctx, now, "refused", ids[2])
			require.NoError(t, err)
			require.Equal(t, 1, n)
			n, err = tx.Raw.IntentsDone(ctx, now)
			require.NoError(t, err)
			require.Zero(t, n)
			return nil
		})
		ctx := scope.With(t.Context(), sc)
		require.Empty(t, st.Reader().Intent.GetX(ctx, ids[0]).Payload)
		require.Equal(t, "done", st.Reader().Intent.GetX(ctx, ids[0]).State)
		require.Equal(t, "expired", st.Reader().Intent.GetX(ctx, ids[1]).LastError)
		dead := st.Reader().Intent.GetX(ctx, ids[2])
		require.Equal(t, "dead", dead.State)
		require.Equal(t, []byte("sealed"), dead.Payload, "an operator may have it tried again")
		require.Equal(t, ids[3:], idsOf(claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10})))
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.ReleaseAllIntents(ctx, now)
			require.Equal(t, 1, n)
			return err
		})
		require.Equal(t, ids[3:], idsOf(claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10})))
		require.Equal(t, 1, backlog(t, st).Ready)
		require.WithinDuration(t, now, backlog(t, st).Oldest, time.Minute)
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.IntentsDone(ctx, now, ids...)
			return err
		})
		require.Equal(t, rawsql.Backlog{}, backlog(t, st))
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.DeleteExpired(ctx, rawsql.DoneIntents, now.Add(time.Second), 10)
			require.Equal(t, 3, n, "dead ones stay")
			return err
		})
	})
}

func backlog(t *testing.T, st *store.Store) rawsql.Backlog {
	t.Helper()
	b, err := st.Raw().OutboxBacklog(scope.With(t.Context(), system))
	require.NoError(t, err)
	return b
}
