package public_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// measure checks how many statements an operation sends, without BEGIN and COMMIT. The number is exact: a change of it is meant to be noticed.
// The budget is what may not be exceeded; see docs/performance.md.
func measure(t *testing.T, env *testenv.Env, what string, exact, budget int, do func()) {
	t.Helper()
	sent := env.Statements(do)
	require.Len(t, sent, exact, "%s:\n%s", what, strings.Join(sent, "\n"))
	require.LessOrEqual(t, exact, budget, what)
}

func TestBudget_Statements(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"mfa": {"enabled": false}, "passkey": {"enabled": false}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		session := kim.SignIn(t)

		require.True(t, session.Valid(t))
		measure(t, env, "validate, warm", 0, 0, func() { require.True(t, session.Valid(t)) })
		measure(t, env, "validate and use, warm", 0, 0, func() { session.Validate(t) })
		measure(t, env, "validate nonsense", 0, 0, func() { require.False(t, shop.Accepts(t, "nonsense")) })
		measure(t, env, "keys", 0, 0, func() { shop.Client().Get(t, "/.well-known/jwks.json") })
		measure(t, env, "start of a flow", 0, 0, func() { shop.Begin(t, "login") })
		require.Equal(t, 1, shop.Count(t, "flows"), "only the one that signed kim in")
		measure(t, env, "me", 1, 8, func() { shop.Client().Bearer(session.Token).Get(t, "/me") })
		profile := session.Client.Flow(t, "profile")
		measure(t, env, "profile, start", 0, 4, func() { session.Client.Flow(t, "profile") })
		measure(t, env, "profile, shown", 2, 8, func() {
			profile.Do(t, "register_client_capabilities", testenv.Inputs{"webauthn_available": false})
		})
		measure(t, env, "profile, changed", 10, 16, func() {
			profile.Do(t, "patch_metadata", testenv.Inputs{"patch_metadata": map[string]any{"a": 1}})
		})
		measure(t, env, "login by password", 12, 20, func() { kim.SignIn(t) })
		measure(t, env, "logout", 5, 6, func() { session.Logout(t) })

		f := shop.Begin(t, "registration")
		measure(t, env, "registration, address", 4, 8, func() {
			f.Do(t, "register_login_identifier", testenv.Inputs{"email": "lee@shop.example"})
		})
		code := shop.CodeTo(t, "lee@shop.example")
		measure(t, env, "registration, code", 4, 8, func() { f.Do(t, "verify_passcode", testenv.Inputs{"code": code}) })
		measure(t, env, "registration, password", 7, 8, func() {
			f.Do(t, "register_password", testenv.Inputs{"new_password": testenv.Password})
		})
		require.Equal(t, "success", f.State.Name)

		measure(t, env, "create a tenant", 4, 12, func() { env.Tenant(t, "bank") })
	}, testenv.Quiet())
}

func TestBudget_ThirdParty(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", social)
		begin := func(flow string) *testenv.Flow { return shop.Begin(t, flow) }
		var f *testenv.Flow
		var at, to *url.URL
		callback := func(exact, budget int, account testenv.PartyAccount) {
			f = begin("login")
			measure(t, env, "leave for a provider", 1, 4, func() { at = f.LeaveFor(t, "thirdparty_oauth", "google") })
			query := env.Consent(t, at, account)
			measure(t, env, "come back", exact, budget, func() { to, _ = f.Client.ComeBack(t, query) })
		}
		kim := testenv.PartyAccount{Subject: "kim", Email: "kim@shop.example", EmailVerified: true, Name: "Kim"}
		callback(7, 12, kim)
		measure(t, env, "redeem", 10, 12, func() { require.Equal(t, "success", f.Exchange(t, to).Name) })
		callback(5, 8, kim)
		measure(t, env, "redeem again", 10, 12, func() { require.Equal(t, "success", f.Exchange(t, to).Name) })
		lee := shop.Person(t, testenv.NewPerson{Email: "lee@shop.example"})
		callback(7, 12, testenv.PartyAccount{Subject: "lee", Email: lee.Email, EmailVerified: true})
		measure(t, env, "come back with nothing that counts", 1, 2, func() { f.Client.ComeBack(t, url.Values{"state": {"x"}}) })
	}, testenv.Quiet(), testenv.WithThirdParties(), testenv.With("rate_limiter.enabled", "false"))
}
