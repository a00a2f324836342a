package saml

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
)

// Whatever is posted, nothing breaks, and nobody is believed to be another than the one the peer signed for.
func FuzzResponse(f *testing.F) {
	peer := samlpeer.New(f)
	provider, _, err := readIDP(peer.Describe(f, nil), nil)
	require.NoError(f, err)
	key, certificate := samlpeer.NewCertificate(f, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	us := service{"https://shop.example", "https://shop.example/saml/callback", "https://shop.example"}
	person := samlpeer.Emailed("kim", "kim@staff.example")
	honest := samlpeer.Forgery{ACS: us.acs, Audience: us.audience, Person: person}
	encrypted, bare := honest, honest
	encrypted.EncryptFor, bare.BareResponse = certificate, true
	for _, seed := range []samlpeer.Forgery{honest, encrypted, bare} {
		raw, err := base64.StdEncoding.DecodeString(peer.Forge(f, seed))
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add([]byte(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>`))
	expected := expectation{service: us, idp: provider, keys: []*rsa.PrivateKey{key}, now: time.Now()}
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, err := decode(base64.StdEncoding.EncodeToString(raw))
		if err != nil {
			return
		}
		if _, err := inspect(text); err != nil {
			return
		}
		assertion, err := verify(text, expected)
		if err != nil {
			return
		}
		require.Equal(t, "kim", assertion.Subject.NameID.Value)
		c, err := claims(assertion, &ent.SAMLProvider{Name: "Staff", Domain: "staff.example"}, us.audience)
		require.NoError(t, err)
		require.Equal(t, "kim@staff.example", c.Email)
	})
}

// Whatever a provider serves as its metadata, nothing breaks.
func FuzzMetadata(f *testing.F) {
	f.Add(samlpeer.New(f).Describe(f, nil))
	f.Add([]byte(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSODescriptor/></EntityDescriptor>`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, _, err := readIDP(raw, nil)
		if err != nil {
			return
		}
		require.NotEmpty(t, i.sso)
		require.NotEmpty(t, i.metadata.EntityID)
		_, err = json.Marshal(i.metadata.EntityID)
		require.NoError(t, err)
	})
}
