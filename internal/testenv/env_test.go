package testenv_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestEnv_APersonSignsUpAndIn(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{`+testenv.Webhook+`}`)
		kim := shop.SignUp(t, "kim@shop.example", testenv.Password)
		require.True(t, kim.Session.Valid(t))

		session := kim.SignIn(t)
		require.True(t, session.Valid(t))
		require.True(t, kim.On(shop.ByPath()).SignIn(t).Valid(t))
		shop.AuditOf(t, "login_success", 2)
		require.Equal(t, "user.create", firstOf(shop.Events(t), "user."))
		require.Empty(t, env.Errors())
	})
}

func TestEnv_WorksWithARedisServerAndAWorkerOfItsOwn(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := shop.SignUp(t, "kim@shop.example", testenv.Password)
		require.True(t, kim.SignIn(t).Valid(t))
		shop.AuditOf(t, "user_created", 1)
		require.Empty(t, env.Errors())
	}, testenv.WithRedis())
}

func TestEnv_CountsStatementsWhereNothingElseRuns(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	kim := shop.SignUp(t, "kim@shop.example", testenv.Password)
	require.Empty(t, env.Statements(func() { shop.Flow(t, "login") }))
	require.NotEmpty(t, env.Statements(func() { kim.SignIn(t) }))
}

func firstOf(events []testenv.Event, prefix string) string {
	for _, e := range events {
		if len(e.Name) >= len(prefix) && e.Name[:len(prefix)] == prefix {
			return e.Name
		}
	}
	return ""
}
