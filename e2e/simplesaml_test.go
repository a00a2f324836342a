//go:build e2e

package e2e

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/samlpeer"
)

// An identity provider that others wrote, in another language, takes the browser and gives it back: to sign up, to sign in, and to an account that
// was there before.
func strangeProvider(t *testing.T, d *deployment, _ site) {
	const domain = "others.example"
	kim, lou := samlpeer.Emailed("kim-there", "kim@"+domain), samlpeer.Emailed("lou-there", "lou@"+domain)
	peer, installed := samlpeer.NewSimpleSAML(t, kim, lou)
	if !installed {
		t.Skip("SimpleSAMLphp is not installed (packages php-cli, php-xml, simplesamlphp)")
	}
	shop := d.tenant(t, nil)
	p := visit(t, shop, english)
	p.register("lou@"+domain, "correct horse")
	who := p.session().User
	p.signOut()

	d.employs(t, shop, domain, fetch(t, peer.MetadataURL()))
	peer.Trust(t, samlpeer.Party{
		EntityID: shop.api, ACS: shop.api + "/saml/callback", Certificate: shop.certificate(t, domain), Encrypted: true, Signed: true,
	})
	p.begins(p.words.signIn)
	p.fill(p.words.email, "lou@"+domain)
	p.press(p.words.next)
	p.signsInThere("username", lou.NameID, lou.Password)
	via := "ext:" + peer.MetadataURL()
	require.Equal(t, who, p.is("lou@"+domain, via).User)

	p = visit(t, shop, english)
	p.begins(p.words.signIn)
	p.press(p.words.createAccount)
	p.begins(p.words.signUp)
	p.fill(p.words.email, "kim@"+domain)
	p.press(p.words.next)
	p.signsInThere("username", kim.NameID, kim.Password)
	who = p.is("kim@"+domain, via).User
	p.signOut()

	p.begins(p.words.signIn)
	p.fill(p.words.email, "kim@"+domain)
	p.press(p.words.next)
	require.Equal(t, who, p.is("kim@"+domain, via).User, "she is still signed in there")
	p.profile()
	p.lists("Work")
}

// certificate is the one of the site that assertions are encrypted for, and requests signed with.
func (s site) certificate(t *testing.T, domain string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(fetch(t, s.api+"/saml/metadata?cert_only=true&domain="+domain))
	require.NotNil(t, block)
	c, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return c
}
