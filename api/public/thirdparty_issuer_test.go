package public_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/idpmock"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// An error, too, may come from another provider than the one that was asked (RFC 9207 §2.4).
func TestThirdPartyAttack_ErrorOfAnotherProvider(t *testing.T) {
	t.Parallel()

	idp := idpmock.New(t)
	acme := idp.Get("acme")
	acme.NamesItself = true
	c, err := json.Marshal(map[string]any{"third_party": map[string]any{
		"redirect_url": idpmock.RedirectURI, "error_redirect_url": errorPage, "allowed_redirect_urls": []string{testenv.AppPage},
		"providers": map[string]any{
			"google": map[string]any{"enabled": true, "client_id": "client-google", "secret": "secret-google"},
			"github": map[string]any{"enabled": true, "client_id": "client-github", "secret": "secret-github"},
		},
		"custom_providers": map[string]any{"acme": map[string]any{
			"enabled": true, "display_name": "Acme", "client_id": "client-acme", "secret": "secret-acme", "scopes": []string{"openid"},
			"use_discovery": true, "issuer": acme.URL,
		}},
	}})
	require.NoError(t, err)
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", string(c))
		for _, a := range []struct{ provider, iss, code string }{
			{"custom_acme", acme.Issuer, "access_denied"},
			{"custom_acme", "", "invalid_request"}, // it says of itself that it always tells
			{"custom_acme", idp.Get("other").Issuer, "invalid_request"},
			{"custom_acme", acme.Issuer + "/", "invalid_request"},
			{"google", "", "access_denied"},
			{"google", "https://accounts.google.com", "access_denied"},
			{"google", "https://evil.example", "invalid_request"},
			{"github", "https://evil.example", "access_denied"}, // it has no issuer to compare with
		} {
			f := shop.Begin(t, "login")
			query := url.Values{"error": {"access_denied"}, "state": f.LeaveFor(t, "thirdparty_oauth", a.provider).Query()["state"]}
			if a.iss != "" {
				query.Set("iss", a.iss)
			}
			if a.code == "invalid_request" {
				refusedBack(t, f.Client, query, testenv.AppPage, a.code)
				continue
			}
			to, _ := f.Client.ComeBack(t, query)
			require.Equal(t, a.code, to.Query().Get("error"), "%v", a)
		}
		require.Contains(t, shop.AuditOf(t, event.ThirdPartyFailed, 8)[1].Error, "iss is not that of the provider")

		// Where the provider is switched off meanwhile, there is nobody to compare with.
		f := shop.Begin(t, "login")
		query := url.Values{"error": {"access_denied"}, "state": f.LeaveFor(t, "thirdparty_oauth", "google").Query()["state"], "iss": {"https://evil.example"}}
		shop.Configure(t, `{"third_party": {"providers": {"google": {"enabled": false}}}}`)
		require.Eventually(t, func() bool { return !offers(t, shop, "google") }, 30*time.Second, 20*time.Millisecond)
		to, _ := f.Client.ComeBack(t, query)
		require.Equal(t, "access_denied", to.Query().Get("error"))
		require.Empty(t, acme.Calls("token"))
	}, testenv.WithProviders(idp.Endpoints()), testenv.With("egress.allow_cidrs", "127.0.0.0/8"), testenv.With("rate_limiter.enabled", "false"))
}

// offers reports whether a login offers a provider.
func offers(t *testing.T, shop *testenv.Tenant, provider string) bool {
	t.Helper()
	choices := shop.Begin(t, "login").State.Actions["thirdparty_oauth"].Inputs["provider"].Allowed
	return slices.ContainsFunc(choices, func(c testenv.Choice) bool { return c.Value == provider })
}
