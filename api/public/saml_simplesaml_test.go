package public_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	samlroom "github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// An identity provider that others wrote, in another language, with another library, takes our requests, and we take its responses.
func TestSAML_SimpleSAMLphpSignsPeopleIn(t *testing.T) {
	t.Parallel()
	kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
	peer, installed := samlpeer.NewSimpleSAML(t, kim)
	if !installed {
		t.Skip("SimpleSAMLphp is not installed (packages php-cli, php-xml, simplesamlphp)")
	}
	env := testenv.OnSQLite(t, samlEnv)
	for slug, c := range map[string]struct {
		patch string
		party samlpeer.Party
	}{
		"plain":     {`{}`, samlpeer.Party{}},
		"signed":    {`{"saml": {"options": {"sign_authn_requests": true}}}`, samlpeer.Party{Signed: true}},
		"encrypted": {`{"saml": {"options": {"force_login": true}}}`, samlpeer.Party{Encrypted: true}},
	} {
		s := &staff{Tenant: samlTenant(t, env, slug, c.patch)}
		s.provide(t, samlroom.Wish{Name: "Staff", Domain: samlDomain, MetadataURL: peer.MetadataURL(), Enabled: true, SkipEmailVerification: true})
		c.party.EntityID, c.party.ACS, c.party.Certificate = s.URL(), s.URL()+"/saml/callback", s.certificate(t)
		peer.Trust(t, c.party)
		for range 2 {
			form := peer.SignIn(t, s.authorize(t, samlPage), kim)
			require.Equal(t, c.party.ACS, form.Action, "%s: %s", slug, peer.Log())
			a := readAnswer(t, s.post(t, form.Values))
			require.Equal(t, http.StatusFound, a.status, "%s: %s", slug, a.query)
		}
		require.Equal(t, 1, s.Count(t, "users"))
		require.Contains(t, s.Claims(t, peer.MetadataURL(), "kim-1"), "kim@"+samlDomain)
	}
}
