package public_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// In single-tenant mode providers come from the file. One that cannot be had keeps nobody from anything else.
func TestSAMLSingle_ProvidersOfTheFileAreBroughtIn(t *testing.T) {
	t.Parallel()
	peer, broken := samlpeer.New(t), samlpeer.New(t)
	broken.Serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	kim := samlpeer.Person{NameID: "kim-1", Password: "x", Attributes: map[string]string{"mail": "kim@" + samlDomain}}
	peer.Add(kim)
	file := `
saml:
  enabled: true
  endpoint_url: http://latchkeep.test/
  audience_uri: http://latchkeep.test
  default_redirect_url: ` + samlPage + `
  identity_providers:
    - {enabled: true, name: Broken, domain: broken.example, metadata_url: "` + broken.MetadataURL() + `"}
    - {enabled: true, name: Staff, domain: Staff.example, metadata_url: "` + peer.MetadataURL() + `", skip_email_verification: true, attribute_map: {email: mail}}
    - {enabled: false, name: Off, domain: off.example, metadata_url: "` + samlpeer.New(t).MetadataURL() + `"}
`
	var visit sync.Mutex // the tenants are called the same, and the peer encrypts for the one that it trusted last
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := &staff{Tenant: env.Single(), peer: peer}
		c := s.Client()
		require.Eventually(t, func() bool {
			there, err := env.App.SAML.Providers(t.Context(), s.ID)
			require.NoError(t, err)
			return len(there) == 2
		}, 30*time.Second, 20*time.Millisecond)
		metadata := c.Get(t, "/saml/metadata?domain="+samlDomain).Body
		request := s.authorize(t, samlPage)
		visit.Lock()
		defer visit.Unlock()
		peer.Trust(t, metadata)
		a := readAnswer(t, s.post(t, peer.SignIn(t, request, kim).Values))
		require.Equal(t, http.StatusFound, a.status, a.query)
		require.Equal(t, http.StatusNotFound, c.Get(t, "/saml/metadata?domain=broken.example").Status)
		require.Equal(t, http.StatusNotFound, c.Get(t, "/saml/metadata?domain=off.example").Status, "it is there, and switched off")

		before, err := env.App.SAML.Providers(t.Context(), s.ID)
		require.NoError(t, err)
		require.Len(t, before, 2)
		require.NoError(t, env.App.SAML.SyncConfigured(t.Context(), s.ID), "as at the next start")
		after, err := env.App.SAML.Providers(t.Context(), s.ID)
		require.NoError(t, err)
		require.Len(t, after, 2)
		require.Equal(t, before[0].ID, after[0].ID)

		f := s.Begin(t, "login")
		leave(t, f, "continue_with_login_identifier", "kim@"+samlDomain)
	}, samlEnv, testenv.WithFile(file))
}

// A sign-in costs a bounded number of statements, whoever signs in.
func TestSAML_StatementsOfASignIn(t *testing.T) {
	t.Parallel()
	env := testenv.OnSQLite(t, samlEnv, testenv.Quiet())
	s := &siege{staff: newStaff(t, samlTenant(t, env, "shop"), samlpeer.New(t)), victim: samlpeer.Emailed("victim", "victim@"+samlDomain)}
	sent := func(values url.Values, want int) int {
		return len(env.Statements(func() { require.Equal(t, want, s.post(t, values).Status) }))
	}
	begin := func() (int, string, string) {
		var id, relay string
		n := len(env.Statements(func() { id, relay = s.request(t) }))
		return n, id, relay
	}
	_, _, _ = begin() // the tenant is loaded
	for range 2 {     // signing up, then signing in
		n, id, relay := begin()
		require.Equal(t, 1, n, "the provider's row: who only begins leaves nothing behind")
		f := s.honest()
		f.InResponseTo, f.EncryptFor = id, s.certificate(t)
		n = sent(url.Values{"SAMLResponse": {s.peer.Forge(t, f)}, "RelayState": {relay}}, http.StatusFound)
		t.Logf("%d statements", n)
		require.LessOrEqual(t, n, 11)
	}
	require.LessOrEqual(t, sent(url.Values{"SAMLResponse": {"broken"}}, http.StatusSeeOther), 1, "nobody is looked up for what cannot be read")
}
