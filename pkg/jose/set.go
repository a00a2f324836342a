package jose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// maxToken bounds the tokens that are looked at, in bytes.
const maxToken = 16 << 10

// ErrInvalid is returned for a token that is not accepted. What exactly is wrong is for logs.
var ErrInvalid = errors.New("the token is not valid")

// Claims are the claims of a verified token. Numbers are json.Number.
type Claims map[string]any

// Validation says what a token must be besides properly signed and in its time. Zero members are not checked.
type Validation struct {
	// Type is the header's typ.
	Type string
	// Issuer is the claim iss; Audience one of aud.
	Issuer, Audience string
	// Leeway is how far in the future iat and nbf may lie. There is none for exp.
	Leeway time.Duration
}

// A Set verifies tokens with public keys. It is safe for concurrent use and never changes.
type Set struct {
	keys map[string]verifier
	jwks []byte
}

type verifier struct {
	alg Alg
	key any
}

// NewSet makes a set of keys' public parts.
func NewSet(keys ...*Key) (*Set, error) {
	public := make([]json.RawMessage, len(keys))
	for i, k := range keys {
		public[i] = k.PublicJWK()
	}
	return NewSetFromPublic(public...)
}

// NewSetFromPublic makes a set of public JWKs, each with kid and alg. They are published in the order given.
func NewSetFromPublic(documents ...json.RawMessage) (*Set, error) {
	s := &Set{keys: make(map[string]verifier, len(documents))}
	published := make([]json.RawMessage, 0, len(documents))
	for _, document := range documents {
		parsed, err := jwk.ParseKey(document)
		if err != nil {
			return nil, fmt.Errorf("parse public key: %w", err)
		}
		public, err := parsed.PublicKey() // were a private one given by mistake, it must not be published
		if err != nil {
			return nil, fmt.Errorf("parse public key: %w", err)
		}
		var raw any // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
		if err := public.Raw(&raw); err != nil {
			return nil, fmt.Errorf("read public key: %w", err)
		}
		alg := Alg(public.Algorithm().String())
		if err := check(alg, raw); err != nil {
			return nil, err
		}
		if public.KeyID() == "" {
			return nil, errors.New("parse public key: it has no kid")
		}
		clean, err := json.Marshal(public)
		if err != nil {
			return nil, fmt.Errorf("encode public key: %w", err)
		}
		s.keys[public.KeyID()] = verifier{alg: alg, key: raw}
		published = append(published, clean)
	}
	jwks, err := json.Marshal(struct {
		Keys []json.RawMessage `json:"keys"`
	}{published})
	if err != nil {
		return nil, fmt.Errorf("encode key set: %w", err)
	}
	s.jwks = jwks
	return s, nil
}

// JWKS is the set as served (RFC 7517 §5). The caller must not change it.
func (s *Set) JWKS() []byte { return s.jwks }

// Verify checks a compact JWS and returns its claims. Every refusal is ErrInvalid, with a reason for logs.
func (s *Set) Verify(token string, now time.Time, v Validation) (Claims, error) {
	claims, err := s.verify(token, now, v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return claims, nil
}

func (s *Set) verify(token string, now time.Time, v Validation) (Claims, error) {
	if len(token) > maxToken {
		return nil, errors.New("it is too long")
	}
	if strings.Count(token, ".") != 2 {
		return nil, errors.New("it is not a compact JWS")
	}
	message, err := jws.ParseString(token)
	if err != nil {
		return nil, errors.New("it cannot be parsed")
	}
	signatures := message.Signatures()
	if len(signatures) != 1 {
		return nil, errors.New("it must have one signature")
	}
	header := signatures[0].ProtectedHeaders()
	key, ok := s.keys[header.KeyID()]
	switch {
	case !ok:
		return nil, errors.New("its kid names no key")
	case header.Algorithm() != jwa.SignatureAlgorithm(key.alg):
		return nil, errors.New("its algorithm is not that of its key")
	case len(header.Critical()) > 0:
		return nil, errors.New("it demands extensions")
	case v.Type != "" && !strings.EqualFold(header.Type(), v.Type):
		return nil, errors.New("it is of another type")
	}
	payload, err := jws.Verify([]byte(token), jws.WithKey(jwa.SignatureAlgorithm(key.alg), key.key))
	if err != nil {
		return nil, errors.New("its signature is wrong")
	}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	var claims Claims
	if err := decoder.Decode(&claims); err != nil || claims == nil {
		return nil, errors.New("its payload is no object")
	}
	return claims, claims.check(now, v)
}

// check compares the registered claims with the time and what is expected (RFC 7519 §4.1).
func (c Claims) check(now time.Time, v Validation) error {
	exp, ok := c.time("exp")
	if !ok {
		return errors.New("it does not say when it expires")
	}
	if exp <= now.Unix() {
		return errors.New("it has expired")
	}
	latest := now.Add(v.Leeway).Unix()
	for _, name := range []string{"iat", "nbf"} {
		if _, given := c[name]; !given {
			continue
		}
		if at, ok := c.time(name); !ok || at > latest {
			return fmt.Errorf("its %s is in the future or no time", name)
		}
	}
	if v.Issuer != "" && c["iss"] != v.Issuer {
		return errors.New("it has another issuer")
	}
	if v.Audience != "" && !slices.Contains(c.audience(), v.Audience) {
		return errors.New("it is for somebody else")
	}
	return nil
}

// time reads a NumericDate in whole seconds.
func (c Claims) time(name string) (int64, bool) {
	n, ok := c[name].(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1<<52 {
		return 0, false
	}
	return int64(math.Floor(f)), true
}

func (c Claims) audience() []string {
	switch aud := c["aud"].(type) {
	case string:
		return []string{aud}
	case []any:
		var list []string
		for _, a := range aud {
			if s, ok := a.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}
