package smtpsink_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/smtpsink"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

func pemOf(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	return key
}

func TestDKIM_WhoReceivesAMailCanTellWhoVouchesForIt(t *testing.T) {
	t.Parallel()
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	large := rsaKey(t, 2048)
	for name, key := range map[string]string{
		"Ed25519": pemOf(t, edwards), "RSA": pemOf(t, large),
		"RSA, PKCS #1": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(large)})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := smtpsink.New(t, smtpsink.Options{})
			signer, err := mail.NewDKIM("shop.example", "mail2026", key)
			require.NoError(t, err)
			require.NotContains(t, fmt.Sprintf("%v", signer), "PRIVATE")
			m := letter()
			m.DKIM = signer
			m.Subject = "Ein Betreff mit Umlauten – ä, ö und ü –, der so lang ist, dass er gefaltet wird"
			m.Text = "A line that is \n\n\n. dotted\n.\nand ends with blanks   \n\n"
			require.NoError(t, host(sink).Send(soon(t), sink, m))
			raw := received(t, sink, kim).Raw

			dns := &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
				at, text := signer.Record()
				require.Equal(t, "mail2026._domainkey.shop.example", at)
				require.Equal(t, at, strings.TrimSuffix(name, "."))
				return []string{text}, nil
			}}
			verify := func(raw []byte) error {
				found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), dns)
				require.NoError(t, err)
				require.Len(t, found, 1)
				require.Equal(t, "shop.example", found[0].Domain)
				return found[0].Err
			}
			require.NoError(t, verify(raw))
			require.Error(t, verify(bytes.Replace(raw, []byte("dotted"), []byte("potted"), 1)), "the text is covered")
			require.Error(t, verify(bytes.Replace(raw, []byte("To: <kim@"), []byte("To: <sam@"), 1)), "the recipient is covered")
			require.Error(t, verify(append([]byte("From: <evil@shop.example>\r\n"), raw...)), "nobody adds another sender")
		})
	}
}

func TestDKIM_SpeaksForItsDomainAndThoseBelow(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	d, err := mail.NewDKIM("käse.example", "a.b-c", pemOf(t, key))
	require.NoError(t, err)
	for address, covers := range map[string]bool{
		"noreply@käse.example": true, "noreply@xn--kse-qla.example": true, "x@mail.käse.example": true,
		"x@blaukäse.example": false, "x@example": false, "x@shop.example": false, "": false,
	} {
		require.Equal(t, covers, d.Covers(address), address)
	}
}

func TestDKIM_RefusesWhatCannotSign(t *testing.T) {
	t.Parallel()
	_, good, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	key := pemOf(t, good)
	for _, domain := range []string{"", "example", "shop..example", "-shop.example", "shop.example.", "shop_1.example", "a b.example", "shop.example\n"} {
		_, err := mail.NewDKIM(domain, "s", key)
		require.ErrorIs(t, err, mail.ErrDKIMDomain, domain)
	}
	for _, selector := range []string{"", "a..b", "_a", "a b", "a\n", "é", strings.Repeat("a", 64)} {
		_, err := mail.NewDKIM("shop.example", selector, key)
		require.ErrorIs(t, err, mail.ErrDKIMSelector, selector)
	}
	for name, key := range map[string]string{
		"empty": "", "junk": "secret junk", "short": pemOf(t, rsaKey(t, 1024)), "a curve": pemOf(t, curve), "two": key + key,
		"no key": "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", "huge": key + strings.Repeat(" ", mail.MaxDKIMKey),
	} {
		_, err := mail.NewDKIM("shop.example", "s", key)
		require.Equal(t, mail.ErrDKIMKey, err, name)
	}
}
