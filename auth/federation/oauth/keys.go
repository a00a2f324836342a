package oauth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// maxKeys is how many keys of a set are kept.
const maxKeys = 64

// algorithmsOf are the algorithms that kinds of keys sign with; there are no others, above all not none and none with a shared secret.
var algorithmsOf = map[string][]string{
	"RSA":   {oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512},
	"P-256": {oidc.ES256},
	"P-384": {oidc.ES384},
	"P-521": {oidc.ES512},
	"OKP":   {oidc.EdDSA},
}

// verifiable are those of the algorithms that we verify; all that we do where none is named.
func verifiable(named []string) []string {
	var all []string
	for _, list := range algorithmsOf {
		all = append(all, list...)
	}
	slices.Sort(all)
	if len(named) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(alg string) bool { return !slices.Contains(named, alg) })
}

// A verifyingKey is a key that a provider publishes.
type verifyingKey struct {
	id         string
	key        crypto.PublicKey
	algorithms []string // that it may have signed with
	issuer     string   // whose tokens it signs, where the set says so: a template with {tenantid} at Microsoft
}

// fetchKeys reads a JWK set (RFC 7517 §5). Keys that are not for us are passed over: a provider may have more than it signs with.
func (r *Room) fetchKeys(ctx context.Context, address string) ([]verifyingKey, time.Duration, error) {
	a, err := r.get(ctx, address, "")
	if err != nil {
		return nil, 0, err
	}
	if a.status != http.StatusOK {
		return nil, 0, fmt.Errorf("it answered %d", a.status)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := readJSON(a.body, &set); err != nil {
		return nil, 0, err
	}
	var keys []verifyingKey
	for _, raw := range set.Keys {
		if key, ok := readKey(raw); ok && len(keys) < maxKeys {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, 0, errors.New("it publishes no usable key")
	}
	return keys, a.keep, nil
}

func readKey(raw []byte) (verifyingKey, bool) {
	var key jose.JSONWebKey
	var more struct {
		Issuer string `json:"issuer"`
	}
	if key.UnmarshalJSON(raw) != nil || json.Unmarshal(raw, &more) != nil || key.Use != "" && key.Use != "sig" {
		return verifyingKey{}, false
	}
	algorithms := algorithmsOf[kindOf(key.Key)]
	if key.Algorithm != "" {
		if !slices.Contains(algorithms, key.Algorithm) {
			return verifyingKey{}, false
		}
		algorithms = []string{key.Algorithm}
	}
	if len(algorithms) == 0 || len(key.KeyID) > maxURL || len(more.Issuer) > maxURL {
		return verifyingKey{}, false
	}
	return verifyingKey{id: key.KeyID, key: key.Key, algorithms: algorithms, issuer: more.Issuer}, true
}

// kindOf names the kind of a public key; "" where it is weak, enormous, secret or unknown.
func kindOf(key any) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= 2048 && bits <= 8192 {
			return "RSA"
		}
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return key.Curve.Params().Name
		}
	case ed25519.PublicKey:
		return "OKP"
	}
	return ""
}

// A keySet verifies signatures with what a provider publishes at a URL. It implements oidc.KeySet.
type keySet struct {
	room *Room
	url  string
}

// VerifySignature implements oidc.KeySet. Nothing in the token chooses the key but kid, and that only among the provider's own.
func (k keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	var algorithms []jose.SignatureAlgorithm
	for _, alg := range verifiable(nil) {
		algorithms = append(algorithms, jose.SignatureAlgorithm(alg))
	}
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, unquoted(err)
	}
	keys, err := k.room.keys.get(ctx, k.url)
	if err != nil {
		return nil, fmt.Errorf("fetch the keys: %w", err)
	}
	if payload, ok := verifyWith(keys, signed); ok {
		return payload, nil
	}
	// It may be signed with a key that is newer than our copy (OpenID Connect Core §10.1.1).
	if keys, err = k.room.keys.renew(ctx, k.url); err != nil {
		return nil, fmt.Errorf("fetch the keys: %w", err)
	}
	if payload, ok := verifyWith(keys, signed); ok {
		return payload, nil
	}
	return nil, errors.New("its signature is none of the provider's keys'")
}

func verifyWith(keys []verifyingKey, signed *jose.JSONWebSignature) ([]byte, bool) {
	if len(signed.Signatures) != 1 {
		return nil, false
	}
	header := signed.Signatures[0].Header
	for _, key := range keys {
		if header.KeyID != "" && header.KeyID != key.id || !slices.Contains(key.algorithms, header.Algorithm) {
			continue
		}
		if payload, err := signed.Verify(key.key); err == nil && key.signsFor(payload) {
			return payload, true
		}
	}
	return nil, false
}

// signsFor reports whether the key may sign for the issuer of a token, where the set limits that.
func (k verifyingKey) signsFor(payload []byte) bool {
	if k.issuer == "" {
		return true
	}
	var claims struct {
		Issuer string `json:"iss"`
		Tenant string `json:"tid"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return false
	}
	return strings.TrimSuffix(claims.Issuer, "/") == strings.TrimSuffix(strings.ReplaceAll(k.issuer, "{tenantid}", claims.Tenant), "/")
}
