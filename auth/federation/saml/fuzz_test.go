package saml

import (
	"bytes"
	"compress/flate"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
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

// Whatever stands in a form, as base64 or deflated: what is read is no larger than a response may be, and reads the same however the form breaks its
// lines.
func FuzzDecode(f *testing.F) {
	var bomb bytes.Buffer
	w, err := flate.NewWriter(&bomb, flate.BestCompression)
	require.NoError(f, err)
	_, err = w.Write(bytes.Repeat([]byte(" "), 8<<20))
	require.NoError(f, err)
	require.NoError(f, w.Close())
	f.Add(base64.StdEncoding.EncodeToString(bomb.Bytes()))
	f.Add(base64.StdEncoding.EncodeToString([]byte("<a/>")))
	f.Add("PGEv\r\n Pg==")
	f.Add("")
	f.Add("=")
	f.Add("AwA=")
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := decode(text)
		if err != nil {
			require.Nil(t, raw)
			return
		}
		require.LessOrEqual(t, len(raw), max(maxXML, len(text)))
		folded := strings.Join(strings.Fields(text), "")
		again, err := decode(folded[:len(folded)/2] + "\r\n " + folded[len(folded)/2:])
		require.NoError(t, err)
		require.Equal(t, raw, again)
		_, _ = inspect(raw)
	})
}

// Whatever comes as the data of our page that posts a request: only what was sealed for that tenant is opened.
func FuzzOpenForm(f *testing.F) {
	keyring, err := secret.NewKeyring([]string{"a secret of tests only"})
	require.NoError(f, err)
	r := NewRoom(Needs{Keyring: keyring, Now: func() time.Time { return time.Unix(1795446810, 0) }})
	shop, bank := &tenants.Tenant{ID: uuid.New()}, &tenants.Tenant{ID: uuid.New()}
	seal := func(t *tenants.Tenant, text string) string {
		return base64.RawURLEncoding.EncodeToString(keyring.Seal([]byte(text), formContext(t.ID)))
	}
	f.Add("")
	f.Add("=")
	f.Add(seal(bank, `{}`))
	f.Add(seal(shop, `{"until":1}`))
	f.Fuzz(func(t *testing.T, data string) {
		for _, tenant := range []*tenants.Tenant{shop, bank} {
			_, ok := r.OpenForm(tenant, data)
			require.False(t, ok, "nobody makes up a form")
		}
	})
}
