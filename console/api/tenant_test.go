package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTenant_IsCreatedReadListedEditedAndDeleted(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		made := c.must(t, 201, "POST", "/v1/tenants", `{"slug":"acme","name":" Acme ","config":{"service":{"name":"Acme Shop"}}}`)
		id := made.str("id")
		require.Equal(t, "/v1/tenants/"+id, made.Header.Get("Location"))
		require.Equal(t, `"1"`, made.Header.Get("ETag"))
		require.Equal(t, "acme", made.str("slug"))
		require.Equal(t, "Acme", made.str("name"))
		require.Equal(t, "active", made.str("status"))
		require.Equal(t, "http://acme.localhost:8000", made.str("public_url"))
		require.Equal(t, "http://localhost:8001/"+id, made.str("admin_url"))
		require.Equal(t, "Acme Shop", made.str("config.service.name"))
		require.Equal(t, "acme.localhost", made.str("config.webauthn.relying_party.id"))
		require.NotContains(t, made.Text, "$schema")

		require.JSONEq(t, made.Text, c.must(t, 200, "GET", "/v1/tenants/"+id, "").Text)

		edited := c.must(t, 200, "PATCH", "/v1/tenants/"+id, `{"name":"Acme Inc.","status":"suspended","status_reason":"unpaid"}`)
		require.Equal(t, "Acme Inc.", edited.str("name"))
		require.Equal(t, "suspended", edited.str("status"))
		require.Equal(t, "unpaid", edited.str("status_reason"))
		require.Equal(t, "Acme Shop", edited.str("config.service.name"))
		require.Equal(t, "active", c.must(t, 200, "PATCH", "/v1/tenants/"+id, `{"status":"active"}`).str("status"))

		moved := c.must(t, 200, "PATCH", "/v1/tenants/"+id, `{"slug":"acme-shop"}`)
		require.Equal(t, "http://acme-shop.localhost:8000", moved.str("public_url"))
		require.Equal(t, "acme-shop.localhost", moved.str("config.webauthn.relying_party.id"))

		require.Empty(t, c.must(t, 204, "DELETE", "/v1/tenants/"+id, "").Text)
		c.do(t, "GET", "/v1/tenants/"+id, "").problem(t, 404, "tenant_not_found")
		c.must(t, 204, "DELETE", "/v1/tenants/"+id, "") // changes nothing
		c.do(t, "PATCH", "/v1/tenants/"+id, `{"name":"x"}`).problem(t, 404, "tenant_not_found")
		c.do(t, "POST", "/v1/tenants", `{"slug":"acme-shop"}`).problem(t, 409, "slug_taken")
		c.do(t, "POST", "/v1/tenants", `{"slug":"other","id":"`+id+`"}`).problem(t, 409, "id_taken")
	})
}

func TestTenant_ConflictsAreNamed(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := c.tenant(t, "one")
		two := c.tenant(t, "two")
		c.do(t, "POST", "/v1/tenants", `{"slug":"one"}`).problem(t, 409, "slug_taken")
		c.do(t, "POST", "/v1/tenants", `{"slug":"three","id":"`+id+`"}`).problem(t, 409, "id_taken")
		c.do(t, "PATCH", "/v1/tenants/"+two, `{"slug":"one"}`).problem(t, 409, "slug_taken")
		require.Equal(t, "two", c.must(t, 200, "GET", "/v1/tenants/"+two, "").str("slug"))
	})
}

func TestTenant_BadRequestsAreRefusedWithAReason(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	id := c.tenant(t, "acme")
	for name, test := range map[string]struct {
		method, path, body string
		status             int
		code, where        string
	}{
		"no slug":             {"POST", "/v1/tenants", `{}`, 400, "invalid_request", ""},
		"empty slug":          {"POST", "/v1/tenants", `{"slug":""}`, 400, "invalid_tenant", "slug"},
		"reserved slug":       {"POST", "/v1/tenants", `{"slug":"www"}`, 400, "invalid_tenant", "slug"},
		"upper case":          {"POST", "/v1/tenants", `{"slug":"Acme"}`, 400, "invalid_tenant", "slug"},
		"dots":                {"POST", "/v1/tenants", `{"slug":"a.b"}`, 400, "invalid_tenant", "slug"},
		"punycode":            {"POST", "/v1/tenants", `{"slug":"xn--80ak6aa92e"}`, 400, "invalid_tenant", "slug"},
		"like a UUID":         {"POST", "/v1/tenants", `{"slug":"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"}`, 400, "invalid_tenant", "slug"},
		"too long":            {"POST", "/v1/tenants", `{"slug":"` + long(64) + `"}`, 400, "invalid_tenant", "slug"},
		"control characters":  {"POST", "/v1/tenants", `{"slug":"a1","name":"a\u0000b"}`, 400, "invalid_tenant", "name"},
		"nil id":              {"POST", "/v1/tenants", `{"slug":"a1","id":"00000000-0000-0000-0000-000000000000"}`, 400, "invalid_tenant", "id"},
		"bad id":              {"POST", "/v1/tenants", `{"slug":"a1","id":"x"}`, 400, "invalid_request", "id"},
		"unknown member":      {"POST", "/v1/tenants", `{"slug":"a1","sulg":"a2"}`, 400, "invalid_request", "sulg"},
		"other case":          {"POST", "/v1/tenants", `{"SLUG":"a1"}`, 400, "invalid_request", ""},
		"no JSON":             {"POST", "/v1/tenants", `{"slug":`, 400, "invalid_request", ""},
		"no body":             {"POST", "/v1/tenants", ``, 400, "invalid_request", ""},
		"config no object":    {"POST", "/v1/tenants", `{"slug":"a1","config":[]}`, 400, "invalid_config", ""},
		"bad status":          {"PATCH", "/v1/tenants/" + id, `{"status":"deleting"}`, 400, "invalid_request", "status"},
		"reserved new slug":   {"PATCH", "/v1/tenants/" + id, `{"slug":"admin"}`, 400, "invalid_tenant", "slug"},
		"id no UUID":          {"GET", "/v1/tenants/x", ``, 400, "invalid_request", "path.id"},
		"unknown tenant":      {"GET", "/v1/tenants/" + newID(), ``, 404, "tenant_not_found", ""},
		"page no number":      {"GET", "/v1/tenants?page=x", ``, 400, "invalid_request", "query.page"},
		"page too big":        {"GET", "/v1/tenants?per_page=101", ``, 400, "invalid_request", "query.per_page"},
		"unknown status":      {"GET", "/v1/tenants?status=gone", ``, 400, "invalid_request", "query.status"},
		"after nobody":        {"GET", "/v1/tenants?after=" + newID(), ``, 404, "tenant_not_found", ""},
		"page of a search":    {"GET", "/v1/tenants?search=a&page=2", ``, 400, "invalid_request", "query.page"},
		"search and slug":     {"GET", "/v1/tenants?search=a&slug=acme", ``, 400, "invalid_request", "query.slug"},
		"unknown route":       {"GET", "/v1/nothing", ``, 404, "not_found", ""},
		"unknown method":      {"PUT", "/v1/tenants/" + id, `{}`, 405, "method_not_allowed", ""},
		"unknown key":         {"DELETE", "/v1/tenants/" + id + "/api-keys/" + newID(), ``, 404, "token_not_found", ""},
		"key without name":    {"POST", "/v1/tenants/" + id + "/api-keys", `{"name":" "}`, 400, "invalid_token_request", "name"},
		"unknown scope":       {"POST", "/v1/tenants/" + id + "/api-keys", `{"name":"a","scopes":["users:fly"]}`, 400, "invalid_token_request", "scopes[0]"},
		"operator's scope":    {"POST", "/v1/tenants/" + id + "/api-keys", `{"name":"a","scopes":["tenants:read"]}`, 400, "invalid_token_request", "scopes[0]"},
		"expired already":     {"POST", "/v1/tenants/" + id + "/api-keys", `{"name":"a","expires_at":"2020-01-01T00:00:00Z"}`, 400, "invalid_token_request", "expires_at"},
		"key for nobody":      {"POST", "/v1/tenants/" + newID() + "/api-keys", `{"name":"a"}`, 404, "tenant_not_found", ""},
		"keys of nobody":      {"GET", "/v1/tenants/" + newID() + "/api-keys", ``, 404, "tenant_not_found", ""},
		"unknown token":       {"DELETE", "/v1/operator-tokens/" + newID(), ``, 404, "token_not_found", ""},
		"confined to nothing": {"POST", "/v1/operator-tokens", `{"name":"a","tenants":[]}`, 400, "invalid_request", "tenants"},
		"unknown version":     {"GET", "/v1/tenants/" + id + "/config/versions/9", ``, 404, "version_not_found", ""},
		"rollback to nothing": {"POST", "/v1/tenants/" + id + "/config/versions/9/rollback", ``, 404, "version_not_found", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := c.do(t, test.method, test.path, test.body)
			a.problem(t, test.status, test.code)
			if test.where != "" {
				require.Contains(t, a.Text, `"path":"`+test.where+`"`)
			}
			require.NotContains(t, a.Text, `"value"`)
		})
	}
}

func TestTenant_IsFoundByTheBeginningOfItsNames(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	c.tenant(t, "acme")
	c.tenant(t, "other")
	c.do(t, "POST", "/v1/tenants", `{"slug":"beta","name":"Acme of the south"}`)
	found := c.must(t, 200, "GET", "/v1/tenants?search=ACM&per_page=1", "")
	require.Contains(t, found.Text, `"slug":"acme"`)
	require.Nil(t, found.get("total"))
	rest := c.must(t, 200, "GET", "/v1/tenants?search=ACM&per_page=1&after="+found.str("next"), "")
	require.Contains(t, rest.Text, `"slug":"beta"`)
	require.Nil(t, rest.get("next"))
}

func TestTenant_ABodyThatIsTooLargeOrOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	c.do(t, "POST", "/v1/tenants", `{"slug":"acme","name":"`+long(2<<20)+`"}`).problem(t, 413, "request_too_large")
	c.do(t, "POST", "/v1/tenants", `slug: acme`, "Content-Type", "application/yaml").problem(t, 415, "unsupported_media_type")
}

func long(n int) string {
	s := make([]byte, n)
	for i := range s {
		s[i] = 'a'
	}
	return string(s)
}
