package public_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// samlEnv lets the program fetch metadata from this machine.
var samlEnv = testenv.Local()

const (
	samlDomain = "staff.example"
	samlPage   = "https://shop.example/signed-in"
)

// staff is a tenant whose staff signs in at a peer.
type staff struct {
	*testenv.Tenant
	peer     *samlpeer.Peer
	provider saml.Provider
}

// samlTenant makes a tenant with SAML switched on. The patch changes its configuration.
func samlTenant(t testing.TB, env *testenv.Env, slug string, patch ...string) *testenv.Tenant {
	t.Helper()
	tenant := env.Tenant(t, slug)
	configureSAML(t, tenant, patch...)
	return tenant
}

func configureSAML(t testing.TB, tenant *testenv.Tenant, patch ...string) {
	t.Helper()
	config, err := json.Marshal(map[string]any{"saml": map[string]any{
		"enabled": true, "endpoint_url": tenant.URL(), "audience_uri": tenant.URL(), "default_redirect_url": samlPage,
		"allowed_redirect_urls": []string{"https://shop.example/**", "shopapp://**"},
	}})
	require.NoError(t, err)
	tenant.Configure(t, string(config))
	for _, p := range patch {
		tenant.Configure(t, p)
	}
}

// newStaff makes a tenant and a peer that trust each other.
func newStaff(t testing.TB, tenant *testenv.Tenant, peer *samlpeer.Peer) *staff {
	t.Helper()
	s := &staff{Tenant: tenant, peer: peer}
	s.provider = s.provide(t, saml.Wish{Name: "Staff", Domain: samlDomain, MetadataURL: peer.MetadataURL(), Enabled: true, SkipEmailVerification: true})
	metadata := tenant.Client().Get(t, "/saml/metadata?domain="+samlDomain)
	require.Equal(t, http.StatusOK, metadata.Status, "%s", metadata.Body)
	peer.Trust(t, metadata.Body)
	return s
}

func (s *staff) provide(t testing.TB, w saml.Wish) saml.Provider {
	t.Helper()
	p, err := s.Env.App.SAML.Create(t.Context(), tenants.BySystem, s.ID, w)
	require.NoError(t, err)
	return p
}

// authorize follows a link for the domain, and gives the address of the peer that the browser is sent to.
func (s *staff) authorize(t testing.TB, redirectTo string) string {
	t.Helper()
	r := s.Client().Get(t, "/saml/auth?"+url.Values{"domain": {samlDomain}, "redirect_to": {redirectTo}}.Encode())
	require.Equal(t, http.StatusTemporaryRedirect, r.Status, "%s", r.Header)
	return r.Header.Get("Location")
}

// post has the browser post a form to the callback.
func (s *staff) post(t testing.TB, values url.Values) testenv.Response {
	t.Helper()
	return postSAML(t, s.Tenant, values)
}

func postSAML(t testing.TB, tenant *testenv.Tenant, values url.Values) testenv.Response {
	t.Helper()
	return tenant.Client().With("Content-Type", "application/x-www-form-urlencoded").
		Send(t, http.MethodPost, "/saml/callback", []byte(values.Encode()))
}

// answer is where a response of the callback sends the browser.
type answer struct {
	status int
	page   string // without query
	query  url.Values
}

func readAnswer(t testing.TB, r testenv.Response) answer {
	t.Helper()
	location := r.Header.Get("Location")
	u, err := url.Parse(location)
	require.NoError(t, err)
	page, _, _ := strings.Cut(location, "?")
	return answer{r.Status, page, u.Query()}
}

// rows counts what a sign-in may leave behind.
func (s *staff) rows(t testing.TB) string {
	t.Helper()
	var all []string
	for _, what := range []string{"users", "sessions", "emails", "identities", "tokens"} {
		all = append(all, fmt.Sprintf("%s %d", what, s.Count(t, what)))
	}
	return strings.Join(all, ", ")
}

// certificate is the one that assertions are encrypted for.
func (s *staff) certificate(t testing.TB) *x509.Certificate {
	t.Helper()
	r := s.Client().Get(t, "/saml/metadata?cert_only=true&domain="+samlDomain)
	require.Equal(t, http.StatusOK, r.Status)
	block, _ := pem.Decode(r.Body)
	require.NotNil(t, block)
	c, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return c
}
