package idpmock

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// A Key signs tokens with RS256.
type Key struct {
	ID      string
	Private *rsa.PrivateKey
}

// NewKey makes a key.
func NewKey(t testing.TB, id string) Key {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return Key{ID: id, Private: private}
}

// everyday is the key of all providers that a test gives no key of their own: keys take long to make.
var everyday = sync.OnceValue(func() *rsa.PrivateKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return private
})

// Public is the key as it is published.
func (k Key) Public(algLess bool) map[string]any {
	raw, err := jose.JSONWebKey{Key: &k.Private.PublicKey, KeyID: k.ID, Use: "sig", Algorithm: "RS256"}.MarshalJSON()
	if err != nil {
		panic(err) // an RSA key can be written
	}
	var public map[string]any
	if err := json.Unmarshal(raw, &public); err != nil {
		panic(err)
	}
	if algLess {
		delete(public, "alg")
	}
	return public
}

// Sign signs claims.
func (k Key) Sign(claims map[string]any) string {
	return k.SignAs(jose.RS256, k.Private, map[jose.HeaderKey]any{"kid": k.ID, "typ": "JWT"}, claims)
}

// SignAs signs claims in another way: with any key, algorithm and header.
func (Key) SignAs(alg jose.SignatureAlgorithm, key any, header map[jose.HeaderKey]any, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, &jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		panic(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return text
}

// Unsigned is a token with a header of one's own and any text for a signature.
func Unsigned(header, claims map[string]any, signature string) string {
	encode := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	return encode(header) + "." + encode(claims) + "." + signature
}

func halfHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
