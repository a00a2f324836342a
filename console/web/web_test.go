package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/console/web"
)

// TestRoutes_AreForWhoHasTheirScope asks for every page, and sends every form, as nobody, as each role, and as each role of another tenant.
func TestRoutes_AreForWhoHasTheirScope(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	mine, other := c.tenant(t, "mine"), c.tenant(t, "other")
	routes := c.pages.Routes()
	require.Greater(t, len(routes), 50)
	address := func(r web.Route, tenant uuid.UUID) string {
		path := strings.ReplaceAll(r.Pattern, "{tenant}", tenant.String())
		path = strings.NewReplacer("{group}", "mail", "{version}", "1").Replace(path)
		for strings.Contains(path, "{") {
			from, to := strings.Index(path, "{"), strings.Index(path, "}")
			path = path[:from] + uuid.NewString() + path[to+1:]
		}
		return web.Base + path
	}
	for _, r := range routes {
		a := c.ask(t, nil, r.Method, address(r, mine), "")
		require.Equal(t, http.StatusSeeOther, a.StatusCode, "%s %s by nobody", r.Method, r.Pattern)
		require.True(t, strings.HasPrefix(a.Header.Get("Location"), web.Base+"/sign-in"), "%s %s by nobody", r.Method, r.Pattern)
	}
	for _, role := range operator.Roles() {
		everywhere := c.signedIn(t, operator.Grant{Role: role})
		elsewhere := c.signedIn(t, operator.Grant{Role: role, Tenants: []uuid.UUID{other}})
		for _, r := range routes {
			what := r.Method + " " + r.Pattern + " by " + string(role)
			if strings.HasSuffix(r.Pattern, "/tail") {
				continue // it does not end
			}
			// Of who may, an empty form is understood and mostly refused, but never with 403.
			a := c.ask(t, everywhere, r.Method, address(r, mine), "")
			if r.Scope == "" || role.Scopes().Allow(r.Scope) {
				require.NotContains(t, []int{403, 405, 500}, a.StatusCode, what)
			} else {
				require.Equal(t, http.StatusForbidden, a.StatusCode, what)
			}
			switch a = c.ask(t, elsewhere, r.Method, address(r, mine), ""); {
			case strings.Contains(r.Pattern, "{tenant}"):
				require.Equal(t, http.StatusNotFound, a.StatusCode, what+", of another tenant")
			case r.Scope != "" && !r.Anywhere:
				require.Equal(t, http.StatusForbidden, a.StatusCode, what+", in some tenants")
			}
		}
	}
}

func TestForms_OfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	mine := c.tenant(t, "mine")
	owner := c.signedIn(t, operator.Grant{Role: operator.Owner})
	for _, r := range c.pages.Routes() {
		if r.Method != http.MethodPost {
			continue
		}
		path := web.Base + strings.ReplaceAll(r.Pattern, "{tenant}", mine.String())
		a := c.ask(t, owner, r.Method, path, "status=suspended", "Sec-Fetch-Site", "cross-site")
		require.Equal(t, http.StatusForbidden, a.StatusCode, path)
		a = c.ask(t, owner, r.Method, path, "status=suspended", "Origin", "https://evil.example")
		require.Equal(t, http.StatusForbidden, a.StatusCode, path)
	}
	record, err := c.env.App.Provisioner.Get(t.Context(), mine)
	require.NoError(t, err)
	require.Equal(t, "active", string(record.Status))
}

func TestPages_AreSmallAndRunNothingButTheirOwn(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	mine := c.tenant(t, "mine")
	owner := c.signedIn(t, operator.Grant{Role: operator.Owner})
	assets := 0
	for _, name := range []string{"console.css", "console.js", "htmx.min.js", "icon.svg"} {
		assets += packed(t, c.ask(t, nil, "GET", web.Base+"/assets/"+name, "").Body)
	}
	for _, r := range c.pages.Routes() {
		if r.Method != http.MethodGet || strings.HasSuffix(r.Pattern, "/tail") || strings.Contains(r.Pattern, "{user}") {
			continue
		}
		path := web.Base + strings.NewReplacer("{tenant}", mine.String(), "{group}", "providers").Replace(r.Pattern)
		a := c.ask(t, owner, "GET", path, "")
		policy := a.Header.Get("Content-Security-Policy")
		if strings.HasSuffix(r.Pattern, "/mail/page") {
			require.Contains(t, policy, "sandbox")
			continue
		}
		require.Contains(t, policy, "default-src 'none'; script-src 'self'; style-src 'self'", path)
		require.Contains(t, policy, "frame-ancestors 'none'", path)
		require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"), path)
		require.Less(t, assets+packed(t, a.Body), 100<<10, "%s, with all it loads, compressed", path)
	}
	sum := assets
	for _, name := range []string{"hanko-elements.js"} {
		sum += packed(t, c.ask(t, nil, "GET", web.Base+"/elements/"+name, "").Body)
	}
	require.Less(t, sum, 100<<10, "the sign-in page")
}

// TestPages_EscapeWhatPeopleWrite puts markup wherever people and operators can write, and looks at every page.
func TestPages_EscapeWhatPeopleWrite(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	owner := c.signedIn(t, operator.Grant{Role: operator.Owner})
	mine := c.tenant(t, "mine")
	c.form(t, owner, "/t/"+mine.String()+"/rename", "name", evil, "slug", "mine")
	c.form(t, owner, "/t/"+mine.String()+"/status", "status", "active", "reason", evil)
	c.form(t, owner, "/operators", "email", "kim@shop.example", "name", evil, "role", "support")
	c.form(t, owner, "/t/"+mine.String()+"/keys/api", "name", evil)
	c.form(t, owner, "/operator-tokens", "token_name", evil, "role", "read_only")
	for _, r := range c.pages.Routes() {
		if r.Method != http.MethodGet || strings.HasSuffix(r.Pattern, "/tail") {
			continue
		}
		path := web.Base + strings.NewReplacer("{tenant}", mine.String(), "{group}", "mail", "{user}", uuid.NewString()).Replace(r.Pattern)
		for _, query := range []string{"", "?q=" + escaped(evil) + "&type=" + escaped(evil) + "&event=" + escaped(evil) + "&state=" + escaped(evil)} {
			page := text(t, c.ask(t, owner, "GET", path+query, "").Body)
			require.NotContains(t, page, "<script>alert", path+query)
			require.NotContains(t, page, "<img src=x", path+query)
		}
	}
	page := text(t, c.ask(t, owner, "GET", web.Base+"/t/"+mine.String(), "").Body)
	require.Contains(t, page, "&lt;script&gt;alert(1)", "it is shown, harmless")
}

func TestPages_AreCompressed(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner := c.signedIn(t, operator.Grant{Role: operator.Owner})
	for _, path := range []string{"/tenants", "/assets/console.css", "/assets/console.js", "/elements/hanko-elements.js"} {
		a := c.ask(t, owner, "GET", web.Base+path, "", "Accept-Encoding", "gzip")
		require.Equal(t, "gzip", a.Header.Get("Content-Encoding"), path)
	}
}

func TestSignIn_GoesNowhereElse(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner := c.signedIn(t, operator.Grant{Role: operator.Owner})
	for to, want := range map[string]string{
		"/console/tenants?q=a":          "/console/tenants?q=a",
		"https://evil.example/console/": "/console/",
		"//evil.example/console/x":      "/console/",
		`/\evil.example`:                "/console/",
		`/console/\evil.example`:        "/console/",
		"/console/auth/logout":          "/console/",
		"javascript:alert(1)":           "/console/",
		"/v1/tenants":                   "/console/",
	} {
		a := c.ask(t, owner, "GET", web.Base+"/sign-in?to="+escaped(to), "")
		require.Equal(t, want, a.Header.Get("Location"), to)
	}
}
