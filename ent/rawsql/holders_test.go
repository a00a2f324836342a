package rawsql_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func TestCountHolders_CountsATenantsCredentialsAndWhoHasNoOtherWay(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc, other := newTenant(t, st), newTenant(t, st)
		number := byte(0)
		credential := func(ctx context.Context, tx *store.Tx, user uuid.UUID, second bool) {
			number++
			tx.WebauthnCredential.Create().SetUserID(user).SetCredentialID([]byte{number}).SetCredentialHash([]byte{number}).SetMfaOnly(second).
				SetPublicKey([]byte("x")).SetAaguid(uuid.Nil).SetTransports(nil).ExecX(ctx)
		}
		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
			alone, mailed, worded, linked, second, app := newUserIn(ctx, tx), newUserIn(ctx, tx), newUserIn(ctx, tx), newUserIn(ctx, tx), newUserIn(ctx, tx), newUserIn(ctx, tx)
			newUserIn(ctx, tx) // without credentials
			credential(ctx, tx, alone, false)
			credential(ctx, tx, alone, false)
			credential(ctx, tx, mailed, false)
			tx.Email.Create().SetUserID(mailed).SetAddress("kim@shop.example").ExecX(ctx)
			credential(ctx, tx, worded, false)
			tx.PasswordCredential.Create().SetUserID(worded).SetHash("x").ExecX(ctx)
			credential(ctx, tx, linked, false)
			tx.Identity.Create().SetUserID(linked).SetProviderID("google").SetSubject("1").ExecX(ctx)
			credential(ctx, tx, second, true)
			credential(ctx, tx, app, true)
			tx.TOTPSecret.Create().SetUserID(app).SetSecret([]byte("x")).ExecX(ctx)
			return nil
		})
		do(t, st, other, func(ctx context.Context, tx *store.Tx) error {
			credential(ctx, tx, newUserIn(ctx, tx), false)
			return nil
		})
		for ways, alone := range map[rawsql.Ways]int{
			{}:               4,
			{Password: true}: 3,
			{Email: true}:    3,
			{Email: true, Password: true, Identity: true}: 1,
		} {
			got, err := st.Raw().CountHolders(scope.With(t.Context(), sc), ways)
			require.NoError(t, err)
			require.Equal(t, rawsql.Holders{Passkeys: 5, SecurityKeys: 2, People: 6, OnlyPasskeys: alone, OnlySecurityKeys: 1}, got)
		}
		got, err := st.Raw().CountHolders(scope.With(t.Context(), newTenant(t, st)), rawsql.Ways{})
		require.NoError(t, err)
		require.Zero(t, got)
		_, err = st.Raw().CountHolders(scope.With(t.Context(), scope.System("test")), rawsql.Ways{})
		require.ErrorIs(t, err, rawsql.ErrNeedsTenant)
	})
}

func newUserIn(ctx context.Context, tx *store.Tx) uuid.UUID { return tx.User.Create().SaveX(ctx).ID }
