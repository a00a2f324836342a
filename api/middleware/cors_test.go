package middleware_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

const exposed = "Retry-After,X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,X-Session-Lifetime,X-Session-Retention"

func corsHeaders(h http.Header) []string {
	var names []string
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestCORS_AllowsTheOriginsOfTheTenant(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"cors": {"allow_origins": ["https://shop.example", "https://*.shop.example", "http://localhost:300?"]}}`)
	for origin, allowed := range map[string]bool{
		"https://shop.example":                  true,
		"https://www.shop.example":              true,
		"https://a.b.shop.example":              true,
		"http://localhost:3001":                 true,
		"http://localhost:30011":                false,
		"http://localhost:300":                  false,
		"http://shop.example":                   false,
		"https://SHOP.example":                  false,
		"https://shop.example:8443":             false,
		"https://shop.example.evil.example":     false,
		"https://www.shop.example.evil.example": false,
		"https://evilshop.example":              false,
		"https://.shop.example":                 true,
		"null":                                  false,
		"*":                                     false,
		"https://":                              false,
		"https://" + strings.Repeat("a", 300) + ".shop.example": false,
	} {
		for _, path := range []string{"/login", "/me", "/sessions/validate", "/.well-known/jwks.json", "/nowhere"} {
			preflight := shop.Client().With("Origin", origin).
				With("Access-Control-Request-Method", "POST").With("Access-Control-Request-Headers", "content-type,x-language").
				Send(t, http.MethodOptions, path, nil)
			require.Equal(t, http.StatusNoContent, preflight.Status)
			plain := shop.Client().With("Origin", origin).Get(t, path)
			if !allowed {
				require.Empty(t, corsHeaders(preflight.Header), "%s %s", origin, path)
				require.Empty(t, corsHeaders(plain.Header), "%s %s", origin, path)
				require.Equal(t, []string{"Origin"}, preflight.Header.Values("Vary"))
				require.Equal(t, []string{"Origin"}, plain.Header.Values("Vary"))
				continue
			}
			h := preflight.Header
			require.Equal(t, []string{
				"Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
				"Access-Control-Allow-Origin", "Access-Control-Max-Age",
			}, corsHeaders(h), "%s %s", origin, path)
			require.Equal(t, origin, h.Get("Access-Control-Allow-Origin"))
			require.Equal(t, "true", h.Get("Access-Control-Allow-Credentials"))
			require.Equal(t, "content-type,x-language", h.Get("Access-Control-Allow-Headers"))
			require.Equal(t, "GET,POST,PUT,PATCH,DELETE,OPTIONS", h.Get("Access-Control-Allow-Methods"))
			require.Equal(t, "7200", h.Get("Access-Control-Max-Age"))
			require.Equal(t, []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"}, h.Values("Vary"))

			h = plain.Header
			require.Equal(t, []string{
				"Access-Control-Allow-Credentials", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
			}, corsHeaders(h), "%s %s", origin, path)
			require.Equal(t, exposed, h.Get("Access-Control-Expose-Headers"))
			require.Equal(t, []string{"Origin"}, h.Values("Vary"))
		}
	}
}

func TestCORS_AsksForNoHeadersWhereNoneWereRequested(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"cors": {"allow_origins": ["https://shop.example"]}}`)
	r := shop.Client().With("Origin", "https://shop.example").Send(t, http.MethodOptions, "/login", nil)
	require.Equal(t, http.StatusNoContent, r.Status)
	require.NotContains(t, r.Header, "Access-Control-Allow-Headers")
	r = shop.Client().Send(t, http.MethodOptions, "/login", nil)
	require.Equal(t, http.StatusNoContent, r.Status)
	require.Empty(t, corsHeaders(r.Header))
}

func TestCORS_ExposesTheTokenWhereItIsInAHeader(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"cors": {"allow_origins": ["https://shop.example"]}, "session": {"enable_auth_token_header": true}}`)
	r := shop.Client().With("Origin", "https://shop.example").Send(t, http.MethodPost, "/login", nil)
	require.Equal(t, exposed+",X-Auth-Token", r.Header.Get("Access-Control-Expose-Headers"))
}

func TestCORS_IsEachTenantsOwn(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"cors": {"allow_origins": ["https://shop.example"]}}`)
	bank := env.Tenant(t, "bank", `{"cors": {"allow_origins": ["https://bank.example"]}}`)
	require.Empty(t, corsHeaders(shop.Client().With("Origin", "https://bank.example").Get(t, "/me").Header))
	require.NotEmpty(t, corsHeaders(bank.Client().With("Origin", "https://bank.example").Get(t, "/me").Header))

	shop.Configure(t, `{"cors": {"allow_origins": ["https://new.example"]}}`)
	require.NotEmpty(t, corsHeaders(shop.Client().With("Origin", "https://new.example").Get(t, "/me").Header))
	require.Empty(t, corsHeaders(shop.Client().With("Origin", "https://shop.example").Get(t, "/me").Header), "a change counts at once")
}

func TestCORS_AnyOriginOnlyWhereThatIsAskedForTwice(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"cors": {"allow_origins": ["*"], "unsafe_wildcard_origin_allowed": true}}`)
	r := shop.Client().With("Origin", "https://anything.example").Get(t, "/me")
	require.Equal(t, "https://anything.example", r.Header.Get("Access-Control-Allow-Origin"), "never a star: browsers refuse it with credentials")
}
