package public_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

func TestUsage_CountsRequestsWithoutAStatementForEach(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		admin := shop.Admin(t)
		shop.Client().Get(t, "/.well-known/jwks.json")
		bank.Client().Get(t, "/.well-known/jwks.json")
		admin.Get(t, "/users")
		require.NoError(t, env.App.Calls.Flush(t.Context()))
		room := usage.NewRoom(env.App.Store)
		before, err := room.Of(t.Context(), shop.ID, usage.Today(), usage.Today())
		require.NoError(t, err)

		require.Empty(t, env.Statements(func() {
			for range 10 {
				shop.Client().Get(t, "/.well-known/jwks.json")
			}
		}))
		admin.Get(t, "/users")
		admin.Root().Get(t, "/"+bank.ID.String()+"/users") // the key is none of hers
		require.Len(t, env.Statements(func() { require.NoError(t, env.App.Calls.Flush(t.Context())) }), map[bool]int{true: 2, false: 1}[env.Dialect == "mysql"])
		after, err := room.Of(t.Context(), shop.ID, usage.Today(), usage.Today())
		require.NoError(t, err)
		require.EqualValues(t, 10, after.Totals.PublicCalls-before.Totals.PublicCalls)
		require.EqualValues(t, 1, after.Totals.AdminCalls-before.Totals.AdminCalls)
		others, err := room.Of(t.Context(), bank.ID, usage.Today(), usage.Today())
		require.NoError(t, err)
		require.Zero(t, others.Totals.AdminCalls)
	}, testenv.Quiet())
}
