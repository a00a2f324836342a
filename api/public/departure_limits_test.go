package public_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// limitedSocial is a tenant with OAuth and SAML, where a caller may leave three times.
func limitedSocial(t *testing.T, env *testenv.Env, slug string) *staff {
	t.Helper()
	s := &staff{Tenant: env.Tenant(t, slug, social)}
	configureSAML(t, s.Tenant)
	s.provide(t, saml.Wish{
		Name: "Staff", Domain: samlDomain, MetadataXML: string(samlpeer.New(t).Describe(t, nil)), Enabled: true, SkipEmailVerification: true,
	})
	return s
}

var fewDepartures = []testenv.Option{
	samlEnv, testenv.WithThirdParties(), testenv.With("rate_limiter.third_party_limits.tokens", "3"),
	testenv.With("server.ip.extractor", "x_forwarded_for"), testenv.With("server.ip.trusted_proxies", "127.0.0.0/8"),
}

// samlLink is the link that begins at the identity provider of the staff.
func samlLink(redirectTo string) string {
	return "/saml/auth?" + url.Values{"domain": {samlDomain}, "redirect_to": {redirectTo}}.Encode()
}

func TestThirdPartyLimit_CountsEveryWayToLeaveByCallerAndTenant(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := limitedSocial(t, env, "shop"), limitedSocial(t, env, "bank")
		caller := shop.Client().With("X-Forwarded-For", "192.0.2.1")
		google := testenv.Inputs{"provider": "google", "redirect_to": testenv.AppPage}
		address := testenv.Inputs{"email": "kim@" + samlDomain}
		mine := testenv.Inputs{"email": "kim@shop.example"}

		// What is refused anyway, and what goes nowhere, takes none.
		f := caller.Begin(t, "login")
		require.Equal(t, http.StatusBadRequest, f.Do(t, "thirdparty_oauth", testenv.Inputs{"provider": "nobody", "redirect_to": testenv.AppPage}).Status)
		require.Equal(t, http.StatusSeeOther, caller.Get(t, samlLink("https://elsewhere.example")).Status)
		require.Equal(t, "login_method_chooser", caller.Begin(t, "login").Do(t, "continue_with_login_identifier", mine).Name)

		// One by a button, one by an address, one by a link.
		require.Equal(t, "thirdparty", f.Do(t, "thirdparty_oauth", google).Name)
		require.Equal(t, "thirdparty", caller.Begin(t, "login").Do(t, "continue_with_login_identifier", address).Name)
		require.Equal(t, http.StatusTemporaryRedirect, caller.Get(t, samlLink(samlPage)).Status)

		for action, inputs := range map[string]testenv.Inputs{"thirdparty_oauth": google, "continue_with_login_identifier": address} {
			s := caller.Begin(t, "login").Do(t, action, inputs)
			require.Equal(t, http.StatusTooManyRequests, s.Status, "%s", s.Response.Body)
			require.Equal(t, "rate_limit_exceeded", s.Refusal())
			require.Equal(t, "login_init", s.Name)
			require.NotContains(t, s.Payload, "redirect_url")
			wait, err := strconv.Atoi(string(s.Payload["retry_after"]))
			require.NoError(t, err)
			require.LessOrEqual(t, wait, 60)
			require.NotEmpty(t, s.Response.Header.Get("Retry-After"))
			require.Nil(t, s.Response.Cookie("hanko_thirdparty_state"))
		}
		refused := caller.Get(t, samlLink(samlPage))
		require.Equal(t, http.StatusTooManyRequests, refused.Status)
		require.JSONEq(t, `{"code": 429, "message": "Too many attempts; try again later."}`, string(refused.Body))
		require.NotEmpty(t, refused.Header.Get("Retry-After"))
		require.Empty(t, refused.Header.Get("Location"))

		// Others go on: another caller, the same one elsewhere, and whoever comes back or needs no third party.
		require.Equal(t, http.StatusTemporaryRedirect, shop.Client().With("X-Forwarded-For", "192.0.2.2").Get(t, samlLink(samlPage)).Status)
		require.Equal(t, http.StatusTemporaryRedirect, bank.Client().With("X-Forwarded-For", "192.0.2.1").Get(t, samlLink(samlPage)).Status)
		require.Equal(t, "login_method_chooser", caller.Begin(t, "login").Do(t, "continue_with_login_identifier", mine).Name)
		require.Empty(t, env.Errors())
	}, fewDepartures...)
}

func TestThirdPartyLimit_AddingAnAccountCounts(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, fewDepartures...)
	shop := limitedSocial(t, env, "shop")
	c := shop.Client().With("X-Forwarded-For", "192.0.2.1")
	shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"}).SignedIn(t, c, 0)
	for range 3 {
		c.Begin(t, "profile").LeaveFor(t, "connect_thirdparty_oauth_provider", "google")
	}
	s := c.Begin(t, "profile").Do(t, "connect_thirdparty_oauth_provider", testenv.Inputs{"provider": "google", "redirect_to": testenv.AppPage})
	require.Equal(t, http.StatusTooManyRequests, s.Status)
	require.Equal(t, "profile_init", s.Name)
}

func TestThirdPartyLimit_IsOffWithTheOthers(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, append([]testenv.Option{testenv.With("rate_limiter.enabled", "false")}, fewDepartures...)...)
	shop := limitedSocial(t, env, "shop")
	for range 5 {
		require.Equal(t, http.StatusTemporaryRedirect, shop.Client().Get(t, samlLink(samlPage)).Status)
	}
}
