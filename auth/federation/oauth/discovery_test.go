package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// A discovery document that is public itself may name endpoints inside (SSRF).
func TestDiscovery_ThatLeadsInsideIsRefused(t *testing.T) {
	t.Parallel()

	var reached atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(inside.Close)
	for _, endpoint := range []string{"token_endpoint", "userinfo_endpoint", "jwks_uri"} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()

			// The providers of the test are public here: they are at addresses that the client may reach.
			outside := &http.Client{Transport: onlyPort{t, inside.URL[strings.LastIndexByte(inside.URL, ':')+1:]}, CheckRedirect: noRedirects}
			w := setupWith(t, oauth.Needs{Client: outside})
			w.Get("acme").Discovery = func(document map[string]any) { document[endpoint] = inside.URL + "/x" }
			_, err := w.signInSomehow(t, "acme")
			refused(t, federation.InvalidRequest, err, "not a public one")
			require.Zero(t, reached.Load())
		})
	}
}

func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// onlyPort reaches everything on this machine but one port, which is inside.
type onlyPort struct {
	t      *testing.T
	inside string
}

func (o onlyPort) RoundTrip(r *http.Request) (*http.Response, error) {
	options := safehttp.Options{AllowLoopback: r.URL.Port() != o.inside}
	transport := &http.Transport{DialContext: safehttp.NewDialer(options).DialContext, DisableKeepAlives: true}
	return transport.RoundTrip(r)
}

func TestDiscovery_ThatLiesIsRefused(t *testing.T) {
	t.Parallel()

	for how, c := range map[string]struct {
		change func(document map[string]any)
		reason string
	}{
		"another issuer":    {func(d map[string]any) { d["issuer"] = "https://evil.example" }, "another issuer"},
		"issuer with slash": {func(d map[string]any) { d["issuer"] = d["issuer"].(string) + "/" }, "another issuer"},
		"issuer in capitals": {func(d map[string]any) {
			d["issuer"] = strings.Replace(d["issuer"].(string), "http", "HTTP", 1)
		}, "another issuer"},
		"no issuer":              {func(d map[string]any) { delete(d, "issuer") }, "another issuer"},
		"issuer is a list":       {func(d map[string]any) { d["issuer"] = []any{d["issuer"]} }, "cannot be read"},
		"no authorization":       {func(d map[string]any) { delete(d, "authorization_endpoint") }, "endpoint is not a URL"},
		"no token":               {func(d map[string]any) { delete(d, "token_endpoint") }, "endpoint is not a URL"},
		"no user-info":           {func(d map[string]any) { delete(d, "userinfo_endpoint") }, "endpoint is not a URL"},
		"authorization runs":     {func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)//" }, "endpoint is not a URL"},
		"authorization is data":  {func(d map[string]any) { d["authorization_endpoint"] = "data:text/html,x" }, "endpoint is not a URL"},
		"authorization is local": {func(d map[string]any) { d["authorization_endpoint"] = "/authorize" }, "endpoint is not a URL"},
		"token is a file":        {func(d map[string]any) { d["token_endpoint"] = "file:///etc/passwd" }, "endpoint is not a URL"},
		"fragment":               {func(d map[string]any) { d["authorization_endpoint"] = "https://a.example/#" }, "endpoint is not a URL"},
		"user-info":              {func(d map[string]any) { d["token_endpoint"] = "https://u:p@a.example/" }, "endpoint is not a URL"},
		"keys are odd":           {func(d map[string]any) { d["jwks_uri"] = "gopher://a.example/" }, "endpoint is not a URL"},
		"endless":                {func(d map[string]any) { d["token_endpoint"] = "https://a.example/" + strings.Repeat("x", 5000) }, "endpoint is not a URL"},
		"huge":                   {func(d map[string]any) { d["x"] = strings.Repeat("x", 1<<20) }, "too large"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()

			w := setup(t)
			w.Get("acme").Discovery = c.change
			_, err := w.provider(t, "custom_acme").AuthorizationURL(t.Context(), request())
			refused(t, federation.InvalidRequest, err, "discovery: ")
			require.ErrorContains(t, err, c.reason)
		})
	}
}

// A provider that is protected by TLS does not send secrets elsewhere without.
func TestDiscovery_DoesNotLeaveTLS(t *testing.T) {
	t.Parallel()

	var issuer string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{
			"issuer": issuer, "authorization_endpoint": issuer + "/a", "token_endpoint": strings.Replace(issuer, "https", "http", 1) + "/t",
			"userinfo_endpoint": issuer + "/u", "jwks_uri": issuer + "/k",
		})
	}))
	t.Cleanup(server.Close)
	issuer = server.URL
	w := setupWith(t, oauth.Needs{Client: server.Client()}, custom("acme", func(c *config.CustomProvider) { c.Issuer = issuer }))
	_, err := w.provider(t, "custom_acme").AuthorizationURL(t.Context(), request())
	refused(t, federation.InvalidRequest, err, "not protected by TLS")
}
