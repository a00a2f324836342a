package middleware_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// to sends a request to any host and path of the public server.
func to(t *testing.T, shop *testenv.Tenant, host, path string) testenv.Response {
	t.Helper()
	return shop.At("http://"+host).Client().Get(t, path)
}

func TestTenant_IsFoundByHostOrPathAndByNothingElse(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	keys := func(s *testenv.Tenant) string { return string(s.Client().Get(t, "/.well-known/jwks.json").Body) }
	require.NotEqual(t, keys(shop), keys(bank))
	require.Equal(t, keys(shop), keys(shop.ByPath()))

	jwks := "/.well-known/jwks.json"
	for what, r := range map[string]testenv.Response{
		"host in capitals":   to(t, shop, "SHOP.latchkeep.test", jwks),
		"host with port":     to(t, shop, "shop.latchkeep.test:8000", jwks),
		"id in capitals":     to(t, shop, "latchkeep.test", "/"+strings.ToUpper(shop.ID.String())+jwks),
		"forwarded for bank": shop.Client().With("X-Forwarded-Host", "bank.latchkeep.test").With("Forwarded", "host=bank.latchkeep.test").Get(t, jwks),
		"header of a tenant": shop.Client().With("X-Tenant-Id", bank.ID.String()).Get(t, jwks),
	} {
		require.Equal(t, http.StatusOK, r.Status, what)
		require.Equal(t, keys(shop), string(r.Body), what)
	}
	for what, c := range map[string]struct {
		host, path string
		status     int
	}{
		"unknown slug":            {"nobody.latchkeep.test", jwks, 404},
		"below a slug":            {"a.shop.latchkeep.test", jwks, 404},
		"unknown id":              {"latchkeep.test", "/" + uuid.NewString() + jwks, 404},
		"no id":                   {"latchkeep.test", "/shop" + jwks, 400},
		"no id, login":            {"latchkeep.test", "/login", 400},
		"id without hyphens":      {"latchkeep.test", "/" + strings.ReplaceAll(shop.ID.String(), "-", "") + jwks, 400},
		"id as URN":               {"latchkeep.test", "/urn:uuid:" + shop.ID.String() + jwks, 400},
		"id without a path":       {"latchkeep.test", "/" + shop.ID.String(), 404},
		"id below another's host": {"shop.latchkeep.test", "/" + bank.ID.String() + jwks, 404},
		"unknown route":           {"shop.latchkeep.test", "/nowhere", 404},
		"two ids":                 {"latchkeep.test", "/" + shop.ID.String() + "/" + bank.ID.String() + jwks, 404},
	} {
		r := to(t, shop, c.host, c.path)
		require.Equal(t, c.status, r.Status, "%s: %s", what, r.Body)
		var body struct {
			Code    int
			Message string
		}
		r.JSON(t, &body)
		require.Equal(t, c.status, body.Code, what)
		require.NotEmpty(t, body.Message, what)
	}
	require.Equal(t, http.StatusOK, to(t, shop, "latchkeep.test", "/health/alive").Status)
	require.Equal(t, http.StatusOK, shop.ByPath().Client().Get(t, "/health/ready").Status)
	require.Empty(t, env.Errors())
}

func TestTenant_IsTheOnlyOneInSingleTenantMode(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Single()
		kim := shop.SignUp(t, "kim@shop.example", testenv.Password)
		require.True(t, kim.Session.Valid(t))
		require.True(t, kim.SignIn(t).Valid(t))
		require.Equal(t, http.StatusOK, shop.Client().Get(t, "/health/alive").Status)
		var keys struct{ Keys []map[string]any }
		shop.Client().Get(t, "/.well-known/jwks.json").JSON(t, &keys)
		require.Len(t, keys.Keys, 1)
		require.Equal(t, "RS256", keys.Keys[0]["alg"])
		require.Empty(t, env.Errors())
	}, testenv.WithFile("multi_tenancy:\n  enabled: false\nservice:\n  name: Shop\npassword:\n  min_length: 8\n"))
}

func TestRequestID_IsEchoedOrDrawn(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	require.Equal(t, "abc-123", shop.Client().With("X-Request-Id", "abc-123").Get(t, "/me").Header.Get("X-Request-Id"))
	drawn := shop.Client().Get(t, "/me").Header.Get("X-Request-Id")
	require.Len(t, drawn, 32)
	require.NotEqual(t, drawn, shop.Client().Get(t, "/me").Header.Get("X-Request-Id"))
	for _, hostile := range []string{"a b", `a"b`, "<script>", strings.Repeat("x", 200), "é"} {
		require.Len(t, shop.Client().With("X-Request-Id", hostile).Get(t, "/me").Header.Get("X-Request-Id"), 32, hostile)
	}
}

func TestLog_HoldsNoSecrets(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"session": {"enable_auth_token_header": true}}`)
	f := shop.Begin(t, "registration")
	handle := f.State.CSRFToken
	f.Do(t, "register_login_identifier", testenv.Inputs{"email": "kim@shop.example"})
	code := shop.CodeTo(t, "kim@shop.example")
	csrf := f.State.CSRFToken
	id := f.ID()
	f.Do(t, "verify_passcode", testenv.Inputs{"code": code})
	f.Do(t, "register_password", testenv.Inputs{"new_password": testenv.Password})
	require.Equal(t, "success", f.Do(t, "skip").Name, "no second factor")
	session := (&testenv.Person{Tenant: shop, Email: "kim@shop.example", Password: testenv.Password}).SignIn(t)
	session.Logout(t)
	shop.AuditOf(t, "user_logged_out", 1)
	log := strings.Join(env.Log(), "\n")
	require.Contains(t, log, "path=/registration")
	for what, secret := range map[string]string{
		"code": "=" + code, "password": testenv.Password, "token": session.Token, "csrf token": csrf, "handle": handle, "flow id": id,
	} {
		require.NotContains(t, log, secret, what)
	}
}
