package rawsql_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/ddl"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func tableOf(t testing.TB, name string) *rawsql.Table {
	t.Helper()
	table, ok := rawsql.TableOf(name)
	require.True(t, ok, name)
	return table
}

func TestTableOf_HasAllColumnsOfAllTablesOfTenants(t *testing.T) {
	t.Parallel()

	for _, name := range ddl.TenantTables() {
		require.NotEmpty(t, tableOf(t, name).Columns, name)
		require.Equal(t, -1, tableOf(t, name).At("tenant_id"), "whose rows they are is not theirs to say")
	}
	_, ok := rawsql.TableOf("tenants")
	require.False(t, ok)
	count := tableOf(t, "webauthn_credentials").Columns[tableOf(t, "webauthn_credentials").At("sign_count")]
	require.Equal(t, rawsql.Column{Name: "sign_count", Kind: rawsql.Int, Unsigned: true, Default: int64(0)}, count)
}

// Rows that are read and written again are the same, with every kind of cell, also where they are null or empty.
func TestRows_MoveToAnotherTenantAsTheyAre(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		from, to := newTenant(t, st), newTenant(t, st)
		at := time.Date(2024, 5, 1, 2, 3, 4, 567891000, time.UTC)
		kim := uuid.Must(uuid.NewV7())
		do(t, st, from, func(ctx context.Context, tx *store.Tx) error {
			tx.User.Create().SetID(kim).SetName("Kim ☃ ? 'x'").SetBlockedAt(at).SetUsername("kim").ExecX(ctx)
			tx.WebauthnCredential.Create().SetUserID(kim).SetCredentialID([]byte{0, 255}).SetCredentialHash([]byte("h")).SetPublicKey([]byte("k")).
				SetAaguid(uuid.Max).SetTransports([]string{"usb"}).SetSignCount(1<<32 - 1).SetBackupEligible(false).SetLastUsedAt(at).ExecX(ctx)
			tx.Session.Create().SetUserID(kim).SetExpiresAt(at).SetLastUsedAt(at).ExecX(ctx)
			return tx.APIKey.Create().SetName("").SetHint("lka_…").SetHash([]byte("hash")).SetScopes([]string{"*"}).Exec(ctx)
		})
		ctx := scope.With(t.Context(), from)
		moved := map[string][]rawsql.Row{}
		for _, name := range []string{"users", "webauthn_credentials", "sessions", "api_keys"} {
			rows, err := st.Raw().RowsAfter(ctx, tableOf(t, name), nil, uuid.Nil, 10)
			require.NoError(t, err)
			require.Len(t, rows, 1, name)
			moved[name] = rows
		}
		key := tableOf(t, "webauthn_credentials")
		require.Equal(t, []byte{0, 255}, moved[key.Name][0][key.At("credential_id")])
		require.Equal(t, int64(1<<32-1), moved[key.Name][0][key.At("sign_count")])
		require.Equal(t, at, moved[key.Name][0][key.At("last_used_at")])
		require.Equal(t, false, moved[key.Name][0][key.At("backup_eligible")])
		require.Nil(t, moved[key.Name][0][key.At("backup_state")])
		require.JSONEq(t, `["usb"]`, string(moved[key.Name][0][key.At("transports")].(json.RawMessage)))
		require.Nil(t, moved["sessions"][0][tableOf(t, "sessions").At("amr")])

		do(t, st, from, func(ctx context.Context, tx *store.Tx) error { // ids are unique over all tenants
			tx.User.Delete().ExecX(ctx)
			_, err := tx.APIKey.Delete().Exec(ctx)
			return err
		})
		do(t, st, to, func(ctx context.Context, tx *store.Tx) error {
			for _, name := range []string{"users", "webauthn_credentials", "sessions", "api_keys"} {
				if err := tx.Raw.InsertRows(ctx, tableOf(t, name), moved[name]); err != nil {
					return err
				}
			}
			return nil
		})
		ctx = scope.With(t.Context(), to)
		for name, want := range moved {
			rows, err := st.Raw().RowsAfter(ctx, tableOf(t, name), nil, uuid.Nil, 10)
			require.NoError(t, err)
			require.Equal(t, want, rows, name)
		}
		require.Equal(t, "Kim ☃ ? 'x'", st.Reader().User.GetX(ctx, kim).Name)
	})
}

func TestRows_AreReadPageByPageAndOfOneTenantOnly(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop, other := newTenant(t, st), newTenant(t, st)
		kim := uuid.Must(uuid.NewV7())
		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			tx.User.Create().SetID(kim).ExecX(ctx)
			tx.Email.Create().SetAddress("nobody@shop.example").ExecX(ctx)
			for _, address := range []string{"a@shop.example", "b@shop.example", "c@shop.example"} {
				tx.Email.Create().SetUserID(kim).SetAddress(address).ExecX(ctx)
			}
			return nil
		})
		emails := tableOf(t, "emails")
		read := func(s scope.Scope, which *rawsql.Which, after uuid.UUID, limit int) ([]string, uuid.UUID) {
			rows, err := st.Raw().RowsAfter(scope.With(t.Context(), s), emails, which, after, limit)
			require.NoError(t, err)
			var found []string
			for _, row := range rows {
				found, after = append(found, row[emails.At("address")].(string)), row[emails.At("id")].(uuid.UUID)
			}
			return found, after
		}
		first, after := read(shop, nil, uuid.Nil, 3)
		rest, _ := read(shop, nil, after, 3)
		require.Len(t, first, 3)
		require.Len(t, rest, 1)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(append(first, rest...)))), 4)
		unowned, _ := read(shop, &rawsql.Which{Column: "user_id"}, uuid.Nil, 9)
		require.Equal(t, []string{"nobody@shop.example"}, unowned)
		owned, err := st.Raw().RowsOf(scope.With(t.Context(), shop), emails, rawsql.Which{Column: "user_id", Values: []any{kim, uuid.New()}})
		require.NoError(t, err)
		require.Len(t, owned, 3)
		none, _ := read(other, nil, uuid.Nil, 9)
		require.Empty(t, none)
		_, err = st.Raw().RowsAfter(scope.With(t.Context(), system), emails, nil, uuid.Nil, 1)
		require.ErrorIs(t, err, rawsql.ErrNeedsTenant)
		err = st.Do(t.Context(), other, func(ctx context.Context, tx *store.Tx) error { return tx.Raw.InsertRows(ctx, emails, owned[:1]) })
		require.Error(t, err, "a row cannot refer to another tenant's")
	})
}
