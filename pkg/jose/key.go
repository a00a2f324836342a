package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// An Alg is a signature algorithm by its JWA name (RFC 7518 §3.1, RFC 8037 §3.1).
type Alg string

// The algorithms a key may have.
const (
	ES256 Alg = "ES256" // ECDSA over P-256 with SHA-256: the default
	RS256 Alg = "RS256" // RSASSA-PKCS1-v1_5 with SHA-256: what documented Hanko back ends pin
	EdDSA Alg = "EdDSA" // Ed25519
)

const (
	generatedRSABits = 3072
	minRSABits       = 2048
	maxRSABits       = 8192 // bounds what one verification may cost
	maxKeyID         = 256
	maxJWK           = 64 << 10
)

// ErrNotAKey is wrapped by every refusal to make a key of a JWK.
var ErrNotAKey = errors.New("jose: unusable key")

// A Key is a signing key, or only the public half of one. It is immutable and safe for concurrent use.
type Key struct {
	id      string
	alg     Alg
	public  crypto.PublicKey
	private crypto.Signer // nil: verifies only
	jwk     json.RawMessage
	header  string // the encoded header of a token with typ JWT, and the dot after it
}

// Generate makes a key with a random UUID as its id. RS256 takes about half a second of CPU: see [Pool].
func Generate(alg Alg) (*Key, error) {
	var private crypto.Signer
	var err error
	switch alg {
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RS256:
		private, err = rsa.GenerateKey(rand.Reader, generatedRSABits)
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, fmt.Errorf("%w: algorithm %q is not one of ES256, RS256, EdDSA", ErrNotAKey, alg)
	}
	if err != nil {
		return nil, fmt.Errorf("generate a key for %s: %w", alg, err)
	}
	return newKey(uuid.NewString(), alg, private.Public(), private)
}

// GenerateRSA makes an RS256 key of some bits, 2048 to 8192, with an id of the caller's choice. 4096 bits take about a second of CPU.
func GenerateRSA(id string, bits int) (*Key, error) {
	if bits < minRSABits || bits > maxRSABits || id == "" || len(id) > maxKeyID {
		return nil, fmt.Errorf("%w: it needs an id and %d to %d bits", ErrNotAKey, minRSABits, maxRSABits)
	}
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("generate an RSA key: %w", err)
	}
	return newKey(id, RS256, private.Public(), private)
}

// ParseES256PEM reads a P-256 key in PKCS #8 and PEM, as other services hand out, and gives it an id. Errors wrap ErrNotAKey and never show key
// material.
func ParseES256PEM(id string, text []byte) (*Key, error) {
	if id == "" || len(id) > maxKeyID {
		return nil, fmt.Errorf("%w: it needs an id", ErrNotAKey)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%w: it is not in PEM", ErrNotAKey)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: it is not a private key in PKCS #8", ErrNotAKey)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: it is not of the curve P-256", ErrNotAKey)
	}
	return newKey(id, ES256, private.Public(), private)
}

// ParsePrivate reads a private JWK: P-256, Ed25519, or RSA of 2048 to 8192 bits, with a kid. A missing alg is inferred
// from the kind of key; another one than ours is refused. Errors wrap ErrNotAKey and never show key material.
func ParsePrivate(jwkJSON []byte) (*Key, error) {
	key, err := parse(jwkJSON)
	if err == nil && key.private == nil {
		return nil, fmt.Errorf("%w: there is no private part", ErrNotAKey)
	}
	return key, err
}

// ParsePublic reads a public JWK with the same rules as [ParsePrivate]. Private parts are dropped.
func ParsePublic(jwkJSON []byte) (*Key, error) {
	key, err := parse(jwkJSON)
	if err != nil {
		return nil, err
	}
	return key.Public(), nil
}

// ID is the kid.
func (k *Key) ID() string { return k.id }

// Alg is the one algorithm the key is used with.
func (k *Key) Alg() Alg { return k.alg }

// Public is the key without its private half.
func (k *Key) Public() *Key {
	public := *k
	public.private = nil
	return &public
}

// PublicJWK is the public JWK, as in a JWKS. The caller must not change it.
func (k *Key) PublicJWK() json.RawMessage { return k.jwk }

// MarshalPrivate is the private JWK, which [ParsePrivate] reads.
func (k *Key) MarshalPrivate() ([]byte, error) {
	if k.private == nil {
		return nil, fmt.Errorf("%w: there is no private part", ErrNotAKey)
	}
	return marshalJWK(k.id, k.alg, k.private)
}

func newKey(id string, alg Alg, public crypto.PublicKey, private crypto.Signer) (*Key, error) {
	raw, err := marshalJWK(id, alg, public)
	if err != nil {
		return nil, err
	}
	return &Key{id: id, alg: alg, public: public, private: private, jwk: raw, header: encodeHeader(alg, id, TypeJWT)}, nil
}

func marshalJWK(id string, alg Alg, raw any) ([]byte, error) {
	key, err := jwk.FromRaw(raw)
	if err != nil {
		return nil, fmt.Errorf("make a JWK of key %s: %w", id, err)
	}
	for name, value := range map[string]any{
		jwk.KeyIDKey: id, jwk.AlgorithmKey: jwa.SignatureAlgorithm(alg), jwk.KeyUsageKey: string(jwk.ForSignature),
	} {
		if err := key.Set(name, value); err != nil {
			return nil, fmt.Errorf("make a JWK of key %s: %w", id, err)
		}
	}
	encoded, err := json.Marshal(key)
	if err != nil {
		return nil, fmt.Errorf("encode the JWK of key %s: %w", id, err)
	}
	return encoded, nil
}

func parse(jwkJSON []byte) (*Key, error) {
	if len(jwkJSON) > maxJWK {
		return nil, fmt.Errorf("%w: the JWK is too long", ErrNotAKey)
	}
	parsed, err := jwk.ParseKey(jwkJSON)
	if err != nil {
		return nil, fmt.Errorf("%w: not a JWK", ErrNotAKey) // the library's text may quote its input
	}
	var raw any
	if err := parsed.Raw(&raw); err != nil {
		return nil, fmt.Errorf("%w: the members of the JWK do not make a key", ErrNotAKey)
	}
	public, private, alg, err := examine(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotAKey, err)
	}
	if declared := parsed.Algorithm().String(); declared != "" && declared != string(alg) {
		return nil, fmt.Errorf("%w: alg is %q, this kind of key is used with %s only", ErrNotAKey, declared, alg)
	}
	if use := parsed.KeyUsage(); use != "" && use != string(jwk.ForSignature) {
		return nil, fmt.Errorf("%w: use is %q, not sig", ErrNotAKey, use)
	}
	if id := parsed.KeyID(); id == "" || len(id) > maxKeyID {
		return nil, fmt.Errorf("%w: kid must have 1 to %d bytes", ErrNotAKey, maxKeyID)
	}
	return newKey(parsed.KeyID(), alg, public, private)
}

// examine tells what kind of key raw is and refuses weak, foreign and inconsistent ones.
func examine(raw any) (crypto.PublicKey, crypto.Signer, Alg, error) {
	switch key := raw.(type) {
	case *ecdsa.PrivateKey:
		if err := checkP256(&key.PublicKey); err != nil {
			return nil, nil, "", err
		}
		if key.D.Sign() <= 0 || key.D.BitLen() > 256 {
			return nil, nil, "", errors.New("the private part is out of range")
		}
		own, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), key.D.FillBytes(make([]byte, 32)))
		if err != nil || !own.PublicKey.Equal(&key.PublicKey) {
			return nil, nil, "", errors.New("the private part does not belong to the public part")
		}
		return &own.PublicKey, own, ES256, nil
	case *ecdsa.PublicKey:
		return key, nil, ES256, checkP256(key)
	case *rsa.PrivateKey:
		if err := checkRSA(&key.PublicKey); err != nil {
			return nil, nil, "", err
		}
		if len(key.Primes) != 2 {
			return nil, nil, "", errors.New("an RSA key must have two primes")
		}
		key.Precompute()
		if err := key.Validate(); err != nil {
			return nil, nil, "", errors.New("the members of the RSA key do not fit together")
		}
		return &key.PublicKey, key, RS256, nil
	case *rsa.PublicKey:
		return key, nil, RS256, checkRSA(key)
	case ed25519.PrivateKey:
		if len(key) != ed25519.PrivateKeySize {
			return nil, nil, "", errors.New("the private part has another length than 32 bytes")
		}
		own := ed25519.NewKeyFromSeed(key.Seed())
		if !own.Equal(key) {
			return nil, nil, "", errors.New("the private part does not belong to the public part")
		}
		return own.Public(), own, EdDSA, nil
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			return nil, nil, "", errors.New("the public part has another length than 32 bytes")
		}
		return key, nil, EdDSA, nil
	}
	return nil, nil, "", errors.New("the kind of key is not one of P-256, RSA, Ed25519")
}

func checkP256(key *ecdsa.PublicKey) error {
	if key.Curve != elliptic.P256() {
		return errors.New("the curve is not P-256")
	}
	if _, err := key.ECDH(); err != nil {
		return errors.New("the point is not on the curve")
	}
	return nil
}

func checkRSA(key *rsa.PublicKey) error {
	if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
		return fmt.Errorf("an RSA key must have %d to %d bits, not %d", minRSABits, maxRSABits, bits)
	}
	if key.E < 3 || key.E%2 == 0 {
		return errors.New("the exponent of the RSA key is not usable")
	}
	return nil
}
