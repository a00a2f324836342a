package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// Alg is a signature algorithm by its JWA name (RFC 7518 §3.1, RFC 8037).
type Alg string

// The algorithms that sign.
const (
	ES256 Alg = "ES256"
	RS256 Alg = "RS256"
	EdDSA Alg = "EdDSA"
)

// rsaBits is the size of the RSA keys that are generated; minRSABits the smallest that is taken over.
const (
	rsaBits    = 3072
	minRSABits = 2048
)

// A Key signs. It is safe for concurrent use.
type Key struct {
	alg     Alg
	id      string
	private crypto.Signer
	jwk     jwk.Key
	public  json.RawMessage
}

// Generate makes a key with a random id. RSA takes long: see Pool.
func Generate(alg Alg) (*Key, error) {
	var private crypto.Signer
	var err error
	switch alg {
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RS256:
		private, err = rsa.GenerateKey(rand.Reader, rsaBits)
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = fmt.Errorf("unknown algorithm %q", alg)
	}
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	key, err := jwk.FromRaw(private)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	for name, value := range map[string]any{
		jwk.KeyIDKey: uuid.NewString(), jwk.AlgorithmKey: jwa.SignatureAlgorithm(alg), jwk.KeyUsageKey: "sig",
	} {
		if err := key.Set(name, value); err != nil {
			return nil, fmt.Errorf("generate key: %w", err)
		}
	}
	return newKey(key)
}

// ParsePrivate reads a private JWK. It must name its kid and alg.
func ParsePrivate(document []byte) (*Key, error) {
	key, err := jwk.ParseKey(document)
	if err != nil {
		return nil, fmt.Errorf("parse private key: %w", err)
	}
	return newKey(key)
}

func newKey(key jwk.Key) (*Key, error) {
	var raw any
	if err := key.Raw(&raw); err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	private, ok := raw.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("read key: a %T cannot sign", raw)
	}
	alg := Alg(key.Algorithm().String())
	if err := check(alg, private.Public()); err != nil {
		return nil, err
	}
	if key.KeyID() == "" {
		return nil, fmt.Errorf("read key: it has no kid")
	}
	public, err := key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	document, err := json.Marshal(public)
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	return &Key{alg: alg, id: key.KeyID(), private: private, jwk: key, public: document}, nil
}

// check makes sure that an algorithm and a public key go together.
func check(alg Alg, public crypto.PublicKey) error {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if alg == ES256 && k.Curve == elliptic.P256() {
			return nil
		}
	case *rsa.PublicKey:
		if alg == RS256 {
			if k.N.BitLen() < minRSABits {
				return fmt.Errorf("an RSA key must have at least %d bits", minRSABits)
			}
			return nil
		}
	case ed25519.PublicKey:
		if alg == EdDSA {
			return nil
		}
	}
	return fmt.Errorf("a %T is no key for %q", public, alg)
}

// ID is the kid.
func (k *Key) ID() string { return k.id }

// Alg is the algorithm.
func (k *Key) Alg() Alg { return k.alg }

// PublicJWK is the key's public part (RFC 7517 §4).
func (k *Key) PublicJWK() json.RawMessage { return k.public }

// MarshalPrivate is the whole key as a JWK. Keep it sealed.
func (k *Key) MarshalPrivate() ([]byte, error) {
	document, err := json.Marshal(k.jwk)
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	return document, nil
}

// Sign makes a compact JWS of claims. Its header has alg, kid and typ and nothing else.
func (k *Key) Sign(typ string, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	header := jws.NewHeaders()
	for name, value := range map[string]any{jws.KeyIDKey: k.id, jws.TypeKey: typ} {
		if err := header.Set(name, value); err != nil {
			return "", fmt.Errorf("sign: %w", err)
		}
	}
	token, err := jws.Sign(payload, jws.WithKey(jwa.SignatureAlgorithm(k.alg), k.private, jws.WithProtectedHeaders(header)))
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return string(token), nil
}
