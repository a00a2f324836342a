package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
)

// routes are all operations, with the scope each needs.
func routes(id string) [][3]string {
	return [][3]string{
		{"POST", "/v1/tenants", "tenants:write"},
		{"GET", "/v1/tenants", "tenants:read"},
		{"GET", "/v1/tenants/" + id, "tenants:read"},
		{"PATCH", "/v1/tenants/" + id, "tenants:write"},
		{"POST", "/v1/tenants/" + id + "/restore", "tenants:write"},
		{"POST", "/v1/tenants/" + id + "/purge", "tenants:write"},
		{"DELETE", "/v1/tenants/" + id, "tenants:write"},
		{"GET", "/v1/purge-receipts", "tenants:read"},
		{"GET", "/v1/purge-receipts/" + id, "tenants:read"},
		{"GET", "/v1/tenants/" + id + "/config", "tenants:read"},
		{"PUT", "/v1/tenants/" + id + "/config", "tenants:write"},
		{"PATCH", "/v1/tenants/" + id + "/config", "tenants:write"},
		{"GET", "/v1/tenants/" + id + "/config/versions", "tenants:read"},
		{"GET", "/v1/tenants/" + id + "/config/versions/1", "tenants:read"},
		{"POST", "/v1/tenants/" + id + "/config/versions/1/rollback", "tenants:write"},
		{"POST", "/v1/tenants/" + id + "/preview-claims", "tenants:read"},
		{"POST", "/v1/tenants/" + id + "/preview-mail", "tenants:read"},
		{"POST", "/v1/tenants/" + id + "/test-mail", "tenants:write"},
		{"GET", "/v1/tenants/" + id + "/dead-letters", "tenants:read"},
		{"POST", "/v1/tenants/" + id + "/dead-letters/retry", "tenants:write"},
		{"POST", "/v1/tenants/" + id + "/dead-letters/discard", "tenants:write"},
		{"GET", "/v1/tenant-templates", "tenants:read"},
		{"GET", "/v1/config-schema", "tenants:read"},
		{"GET", "/v1/config-defaults", "tenants:read"},
		{"POST", "/v1/tenants/" + id + "/api-keys", "keys:write"},
		{"GET", "/v1/tenants/" + id + "/api-keys", "keys:read"},
		{"DELETE", "/v1/tenants/" + id + "/api-keys/" + id, "keys:write"},
		{"GET", "/v1/tenants/" + id + "/signing-keys", "keys:read"},
		{"POST", "/v1/tenants/" + id + "/signing-keys", "keys:write"},
		{"POST", "/v1/tenants/" + id + "/signing-keys/" + id + "/revoke", "keys:write"},
		{"POST", "/v1/tenants/" + id + "/saml/providers", "tenants:write"},
		{"GET", "/v1/tenants/" + id + "/saml/providers", "tenants:read"},
		{"GET", "/v1/tenants/" + id + "/saml/providers/" + id, "tenants:read"},
		{"PUT", "/v1/tenants/" + id + "/saml/providers/" + id, "tenants:write"},
		{"DELETE", "/v1/tenants/" + id + "/saml/providers/" + id, "tenants:write"},
		{"GET", "/v1/tenants/" + id + "/saml/certificates", "keys:read"},
		{"POST", "/v1/tenants/" + id + "/saml/certificates", "keys:write"},
		{"GET", "/v1/tenants/" + id + "/usage", "usage:read"},
		{"GET", "/v1/tenants/" + id + "/usage.csv", "usage:read"},
		{"GET", "/v1/tenants/" + id + "/quotas", "tenants:read"},
		{"PUT", "/v1/tenants/" + id + "/quotas", "tenants:write"},
		{"GET", "/v1/tenants/" + id + "/mails", "tenants:read"},
		{"POST", "/v1/tenants/" + id + "/export", "credentials:export"},
		{"POST", "/v1/tenants/import", "tenants:write"},
		{"GET", "/v1/usage", "usage:read"},
		{"GET", "/v1/usage.csv", "usage:read"},
		{"POST", "/v1/tenants/" + id + "/domains", "tenants:write"},
		{"GET", "/v1/tenants/" + id + "/relying-party/plan", "tenants:read"},
		{"GET", "/v1/tenants/" + id + "/domains", "tenants:read"},
		{"POST", "/v1/tenants/" + id + "/domains/" + id + "/check", "tenants:write"},
		{"POST", "/v1/tenants/" + id + "/domains/" + id + "/primary", "tenants:write"},
		{"DELETE", "/v1/tenants/" + id + "/domains/" + id, "tenants:write"},
		{"POST", "/v1/operator-tokens", "operators:write"},
		{"GET", "/v1/operator-tokens", "operators:read"},
		{"DELETE", "/v1/operator-tokens/" + id, "operators:write"},
		{"GET", "/v1/operators", "operators:read"},
		{"POST", "/v1/operators", "operators:write"},
		{"GET", "/v1/operators/" + id, "operators:read"},
		{"PATCH", "/v1/operators/" + id, "operators:write"},
		{"POST", "/v1/operators/" + id + "/invitation", "operators:write"},
		{"GET", "/v1/me", "tenants:read"},
		{"GET", "/v1/master-keys", "master-keys:read"},
		{"GET", "/v1/tenants/" + id + "/users", "users:read"},
		{"GET", "/v1/tenants/" + id + "/users/" + id, "users:read"},
		{"DELETE", "/v1/tenants/" + id + "/users/" + id, "users:write"},
		{"POST", "/v1/tenants/" + id + "/users/" + id + "/block", "users:write"},
		{"POST", "/v1/tenants/" + id + "/users/" + id + "/unblock", "users:write"},
		{"GET", "/v1/tenants/" + id + "/users/" + id + "/sessions", "sessions:read"},
		{"DELETE", "/v1/tenants/" + id + "/users/" + id + "/sessions", "sessions:write"},
		{"DELETE", "/v1/tenants/" + id + "/users/" + id + "/sessions/" + id, "sessions:write"},
		{"DELETE", "/v1/tenants/" + id + "/users/" + id + "/password", "users:write"},
		{"DELETE", "/v1/tenants/" + id + "/users/" + id + "/otp", "users:write"},
		{"DELETE", "/v1/tenants/" + id + "/users/" + id + "/webauthn_credentials/" + id, "users:write"},
		{"GET", "/v1/tenants/" + id + "/users/" + id + "/export", "users:read"},
		{"GET", "/v1/tenants/" + id + "/users/" + id + "/timeline", "audit:read"},
		{"POST", "/tenants", "tenants:write"},
		{"GET", "/tenants", "tenants:read"},
		{"GET", "/tenants/" + id, "tenants:read"},
		{"PUT", "/tenants/" + id, "tenants:write"},
		{"POST", "/tenants/" + id + "/saml/providers", "tenants:write"},
		{"GET", "/tenants/" + id + "/saml/providers", "tenants:read"},
		{"GET", "/tenants/" + id + "/saml/providers/" + id, "tenants:read"},
		{"PUT", "/tenants/" + id + "/saml/providers/" + id, "tenants:write"},
		{"DELETE", "/tenants/" + id + "/saml/providers/" + id, "tenants:write"},
		{"DELETE", "/tenants/" + id, "tenants:write"},
	}
}

func (c *console) operator(t *testing.T, n tenants.NewOperatorToken) string {
	t.Helper()
	n.Name = "test"
	_, plain, err := c.operators.Create(t.Context(), tenants.ByCLI, nil, n)
	require.NoError(t, err)
	return "Bearer " + plain
}

func TestAuth_EveryOperationNeedsATokenWithItsScope(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	id := c.tenant(t, "acme")
	_, apiKey, err := c.keys.Create(t.Context(), tenants.ByCLI, nil, uuid.MustParse(id), tenants.NewToken{Name: "key"})
	require.NoError(t, err)
	documented := 0
	for _, doc := range []int{len(c.doc.OpenAPI().Paths), len(c.doc.CompatibleOpenAPI().Paths)} {
		documented += doc
	}
	paths := map[string]bool{}
	for _, r := range routes(id) {
		paths[strings.NewReplacer(id, "{}", "/versions/1", "/versions/{}").Replace(r[1])] = true
		for name, header := range map[string]string{
			"none": "", "basic": "Basic eDp5", "raw": c.token, "unknown": "Bearer lko_" + strings.Repeat("a", 49), "short": "Bearer lko_x",
			"an API key": "Bearer " + apiKey,
		} {
			a := c.do(t, r[0], r[1], "", "Authorization", header)
			require.Equal(t, 401, a.Status, "%s %s with %s", r[0], r[1], name)
			require.Contains(t, a.Header.Get("WWW-Authenticate"), "Bearer")
		}
		var others []string
		for _, s := range tenants.OperatorScopes() {
			if s != r[2] {
				others = append(others, s)
			}
		}
		a := c.do(t, r[0], r[1], "{", "Authorization", c.operator(t, tenants.NewOperatorToken{NewToken: tenants.NewToken{Scopes: others}}))
		require.Equal(t, 403, a.Status, "%s %s: %s", r[0], r[1], a.Text)
		a = c.do(t, r[0], r[1], "{", "Authorization", c.operator(t, tenants.NewOperatorToken{NewToken: tenants.NewToken{Scopes: []string{r[2]}}}))
		require.NotContains(t, []int{401, 403}, a.Status, "%s %s: %s", r[0], r[1], a.Text)
		if r[0] == "DELETE" && a.Status == 204 {
			id = c.tenant(t, "acme-"+newID()[:8])
		}
	}
	require.Len(t, paths, documented, "every documented path is in this test")
}

func TestAuth_StatusIsOpenToEverybodyAndNothingElse(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	for path, want := range map[string]string{
		"/health/alive": `{"alive":true}`, "/health/ready": `{"ready":true}`, "/": "Latchkeep is running",
		"/v1/openapi.json": `"openapi":"3.1.0"`, "/openapi.json": `"openapi":"3.1.0"`,
	} {
		a := c.must(t, 200, "GET", path, "", "Authorization", "")
		require.Contains(t, a.Text, want)
		require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	}
	require.Contains(t, c.must(t, 200, "GET", "/", "").Header.Get("Content-Type"), "text/html")
	for _, path := range []string{"/metrics", "/docs", "/v1/docs", "/schemas/Tenant.json", "/v1/schemas/Tenant.json"} {
		require.Equal(t, 404, c.do(t, "GET", path, "", "Authorization", "").Status, path)
	}
}

func TestAuth_AConfinedTokenSeesOnlyItsTenants(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		mine, other := c.tenant(t, "mine"), c.tenant(t, "other")
		confined := c.operator(t, tenants.NewOperatorToken{Tenants: []uuid.UUID{uuid.MustParse(mine)}})
		for _, r := range routes(other) {
			if !strings.Contains(r[1], other) || strings.Contains(r[1], "/operator") || r[2] == tenants.CredentialsExport { // which no token has by default
				continue
			}
			a := c.do(t, r[0], r[1], body(r[0], r[1]), "Authorization", confined)
			require.Equal(t, 404, a.Status, "%s %s: %s", r[0], r[1], a.Text)
		}
		c.must(t, 200, "GET", "/v1/tenants/"+other, "")
		for _, path := range []string{"/v1/tenants", "/tenants"} {
			list := c.must(t, 200, "GET", path, "", "Authorization", confined)
			require.Equal(t, "1", list.Header.Get("X-Total-Count"))
			require.Contains(t, list.Text, mine)
			require.NotContains(t, list.Text, other)
		}
		c.must(t, 200, "GET", "/v1/tenants/"+mine, "", "Authorization", confined)
		require.Equal(t, 403, c.do(t, "POST", "/v1/tenants", `{"slug":"new"}`, "Authorization", confined).Status)
		require.Equal(t, 403, c.do(t, "POST", "/tenants", `{"id":"`+newID()+`","config":{}}`, "Authorization", confined).Status)
		require.Equal(t, 403, c.do(t, "GET", "/v1/operator-tokens", "", "Authorization", confined).Status)
	})
}

// body is one that is good enough to get past the parsing.
func body(method, path string) string {
	switch {
	case method == http.MethodPost && strings.HasSuffix(path, "/api-keys"):
		return `{"name":"x"}`
	case strings.Contains(path, "/saml/providers") && method != http.MethodGet && method != http.MethodDelete:
		return `{"name":"x","domain":"x.example"}`
	case method == http.MethodPost && strings.HasSuffix(path, "/domains"):
		return `{"host":"login.shop.example"}`
	case strings.HasSuffix(path, "/quotas"):
		return `{"quotas":{}}`
	case strings.HasSuffix(path, "/purge"):
		return `{"confirm":"x"}`
	case strings.HasSuffix(path, "/preview-claims"):
		return `{"user_id":"` + newID() + `"}`
	case strings.HasSuffix(path, "/test-mail"):
		return `{"to":"kim@shop.example"}`
	case strings.HasSuffix(path, "-mail"), strings.Contains(path, "/dead-letters/"):
		return `{}`
	case method == http.MethodPut && !strings.HasPrefix(path, "/v1"):
		return `{"config":{}}`
	case method == http.MethodPut || method == http.MethodPatch:
		return `{}`
	}
	return ""
}

func TestAuth_ATokenHandsOutNoMoreThanItHas(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	mine, other := c.tenant(t, "mine"), c.tenant(t, "other")
	weak := c.operator(t, tenants.NewOperatorToken{
		NewToken: tenants.NewToken{Scopes: []string{"operators:*", "tenants:read"}}, Tenants: []uuid.UUID{uuid.MustParse(mine)},
	})
	for body, want := range map[string]int{
		`{"name":"a"}`:                           403,
		`{"name":"a","scopes":["tenants:read"]}`: 403,
		`{"name":"a","scopes":["tenants:read"],"tenants":["` + other + `"]}`:                 403,
		`{"name":"a","scopes":["tenants:write"],"tenants":["` + mine + `"]}`:                 403,
		`{"name":"a","scopes":["*"],"tenants":["` + mine + `"]}`:                             403,
		`{"name":"a","scopes":["tenants:*"],"tenants":["` + mine + `"]}`:                     403,
		`{"name":"a","scopes":["tenants:read"],"tenants":["` + mine + `"]}`:                  201,
		`{"name":"a","scopes":["operators:write","operators:*"],"tenants":["` + mine + `"]}`: 201,
	} {
		require.Equal(t, want, c.do(t, "POST", "/v1/operator-tokens", body, "Authorization", weak).Status, body)
	}
	strong := c.must(t, 201, "POST", "/v1/operator-tokens", `{"name":"strong"}`)
	require.Equal(t, 403, c.do(t, "DELETE", "/v1/operator-tokens/"+strong.str("id"), "", "Authorization", weak).Status)
	c.must(t, 200, "GET", "/v1/tenants", "", "Authorization", "Bearer "+strong.str("token"))
}

func TestAuth_ARevokedOrExpiredOperatorTokenIsRefused(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		made := c.must(t, 201, "POST", "/v1/operator-tokens", `{"name":"ci","scopes":["tenants:read"]}`)
		header := "Bearer " + made.str("token")
		c.must(t, 200, "GET", "/v1/tenants", "", "Authorization", header)
		c.must(t, 204, "DELETE", "/v1/operator-tokens/"+made.str("id"), "")
		c.do(t, "GET", "/v1/tenants", "", "Authorization", header).problem(t, 401, "invalid_token")
		c.must(t, 204, "DELETE", "/v1/operator-tokens/"+made.str("id"), "")

		list := c.must(t, 200, "GET", "/v1/operator-tokens", "")
		require.NotContains(t, list.Text, made.str("token"))
		require.Contains(t, list.Text, made.str("hint"))
		require.NotContains(t, dump(t, c), made.str("token"))
	})
}
