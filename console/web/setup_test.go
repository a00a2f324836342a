package web_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/console/web"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// console is the program, with what tests of the pages need.
type console struct {
	env    *testenv.Env
	pages  *web.Server
	url    string
	client *http.Client
}

func newConsole(t *testing.T) *console {
	t.Helper()
	env := testenv.New(t, "sqlite3")
	server := httptest.NewServer(env.App.Console())
	t.Cleanup(server.Close)
	return &console{
		env: env, pages: env.App.ConsolePages(), url: server.URL,
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

func (c *console) tenant(t *testing.T, slug string) uuid.UUID {
	t.Helper()
	r, err := c.env.App.Provisioner.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: slug})
	require.NoError(t, err)
	return r.ID
}

// signedIn is the cookie of an operator who has joined.
func (c *console) signedIn(t *testing.T, grants ...operator.Grant) *http.Cookie {
	t.Helper()
	_, token, err := c.env.App.Operators.Invite(t.Context(), tenants.ByCLI, nil, operator.Invitation{Email: uuid.NewString() + "@example.com", Grants: grants})
	require.NoError(t, err)
	issued, err := c.env.App.Operators.Join(t.Context(), auth.Client{}, token)
	require.NoError(t, err)
	return &http.Cookie{Name: "latchkeep_console", Value: issued.Token}
}

func (c *console) ask(t *testing.T, who *http.Cookie, method, path, form string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.url+path, strings.NewReader(form))
	require.NoError(t, err)
	if who != nil {
		r.AddCookie(who)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := c.client.Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(a.Body)
	require.NoError(t, err)
	require.NoError(t, a.Body.Close())
	a.Body = io.NopCloser(bytes.NewReader(body))
	return a
}

// form sends a form that must be taken; pairs are its fields.
func (c *console) form(t *testing.T, who *http.Cookie, path string, pairs ...string) *http.Response {
	t.Helper()
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	a := c.ask(t, who, http.MethodPost, web.Base+path, values.Encode())
	require.Less(t, a.StatusCode, 400, "%s: %s", path, text(t, a.Body))
	return a
}

func text(t *testing.T, body io.Reader) string {
	t.Helper()
	all, err := io.ReadAll(body)
	require.NoError(t, err)
	return string(all)
}

// packed is how many bytes something has, compressed.
func packed(t *testing.T, body io.Reader) int {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.Copy(z, body)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Len()
}

func escaped(text string) string { return url.QueryEscape(text) }

// provider is the only SAML provider of a tenant.
func (c *console) provider(t *testing.T, tenant string) saml.Provider {
	t.Helper()
	all, err := c.env.App.SAML.Providers(t.Context(), uuid.MustParse(tenant))
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}
