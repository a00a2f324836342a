package hostile_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/console/web"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// outside are the operations that call hosts which a request names. What they do with addresses is tested with package safehttp.
var outside = []string{"/tail", "mail", "/saml", "/follow"}

// FuzzConsole sends whatever to every operation of the console's API with the token of an operator who may do everything.
func FuzzConsole(f *testing.F) {
	env := testenv.OnSQLite(f, testenv.Quiet())
	server := env.App.Console()
	token := func(t testing.TB) string {
		t.Helper()
		_, plain, err := env.App.OperatorTokens.Create(t.Context(), tenants.ByCLI, nil, tenants.NewOperatorToken{
			NewToken: tenants.NewToken{Name: "test", Scopes: []string{tenants.AllScopes, tenants.CredentialsExport}},
		})
		require.NoError(t, err)
		return "Bearer " + plain
	}
	authorization := token(f)
	all := operations(f, server, "/openapi.json", outside...)
	for i := range all {
		for j, body := range bodies() {
			f.Add(uint8(i), "", []string{"", "limit=0&cursor=x&q=%00", "from=2026-11&to=2026-13-01", "per_page=-1&page=-1"}[j%4], []string{"", `"1"`}[j%2], body)
		}
		f.Add(uint8(i), "\x00\u2028", "limit=99999999999999999999", strings.Repeat("é", 200), []byte(`{`))
	}
	var shop *testenv.Tenant
	f.Fuzz(func(t *testing.T, op uint8, part, query, header string, body []byte) {
		if shop == nil {
			shop = env.Tenant(t, "t-"+uuid.NewString()[:8])
		}
		o := all[int(op)%len(all)]
		path := fill(o.path, map[string]string{"id": shop.ID.String(), "tenant_id": shop.ID.String(), "tenant": shop.ID.String()}, part)
		r := request{method: o.method, host: "console.test", path: path, query: query, body: body, header: http.Header{
			"Authorization": {authorization}, "Content-Type": {[]string{"application/json", "application/merge-patch+json"}[len(query)%2]},
		}}
		for _, name := range []string{"If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id", "Accept"} {
			if header != "" {
				r.header.Set(name, header)
			}
		}
		w, ok := send(t, server, r)
		if !ok {
			return
		}
		requireSound(t, w, r)
		if w.Code == http.StatusUnauthorized {
			authorization = token(t) // its own operation took it away
		}
		if w.Code < 300 && o.method != http.MethodGet {
			shop = nil // it may be gone, or suspended
		}
	})
}

// FuzzConsolePages sends whatever form to every page of the console, as an owner.
func FuzzConsolePages(f *testing.F) {
	env := testenv.OnSQLite(f, testenv.Quiet())
	server := env.App.Console()
	signIn := func(t testing.TB) string {
		t.Helper()
		_, token, err := env.App.Operators.Invite(t.Context(), tenants.ByCLI, nil, operator.Invitation{
			Email: uuid.NewString() + "@example.com", Grants: []operator.Grant{{Role: operator.Owner}},
		})
		require.NoError(t, err)
		issued, err := env.App.Operators.Join(t.Context(), auth.Client{}, token)
		require.NoError(t, err)
		return "latchkeep_console=" + issued.Token
	}
	cookie := signIn(f)
	all := slices.DeleteFunc(env.App.ConsolePages().Routes(), func(r web.Route) bool {
		return slices.ContainsFunc(outside, func(part string) bool { return strings.Contains(r.Pattern, part) })
	})
	for i := range all {
		for _, form := range []string{
			"", "status=suspended&reason=x&confirm=x", "slug=a&name=%00&config=%7B", "email=a%40b.example&role=owner&grants=x", "path=session.lifespan&value=-1h&version=1",
			"host=*.x&domain=1.2.3.4", "a=%zz;b&&&=", "limit=99999999999999999999&users=-1&name=" + strings.Repeat("x", 500), "scopes=*&scopes=%E2%80%A8&expires=never",
		} {
			f.Add(uint8(i), "", form, form)
		}
	}
	var shop *testenv.Tenant
	f.Fuzz(func(t *testing.T, page uint8, part, query, form string) {
		if shop == nil {
			shop = env.Tenant(t, "t-"+uuid.NewString()[:8])
		}
		o := all[int(page)%len(all)]
		path := web.Base + fill(o.Pattern, map[string]string{"id": shop.ID.String(), "tenant": shop.ID.String()}, part)
		r := request{method: o.Method, host: "console.test", path: path, query: query, header: http.Header{
			"Cookie": {cookie}, "Sec-Fetch-Site": {"same-origin"},
		}}
		if o.Method == http.MethodPost {
			r.body = []byte(form)
			r.header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w, ok := send(t, server, r)
		if !ok {
			return
		}
		requireSound(t, w, r)
		if w.Code < 400 && o.Method == http.MethodPost {
			shop = nil
		}
		if strings.Contains(w.Header().Get("Location"), "sign-in") {
			cookie = signIn(t)
		}
		if to := w.Header().Get("Location"); to != "" {
			require.True(t, strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") || strings.HasPrefix(to, "http://localhost"), "redirects stay here: %q", to)
		}
	})
}
