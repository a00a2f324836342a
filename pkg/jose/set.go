package jose

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// A Set is the keys with which tokens of one tenant may be signed. It is immutable and safe for concurrent use.
type Set struct {
	byID     map[string]*Key
	byHeader map[string]*Key // encoded header of a token with typ JWT → key
	jwks     []byte
	etag     string
}

// NewSet makes a set of keys, whole or public, in the order in which they are published. Two keys must not share an id.
func NewSet(keys ...*Key) (*Set, error) {
	set := &Set{byID: make(map[string]*Key, len(keys)), byHeader: make(map[string]*Key, len(keys))}
	var jwks bytes.Buffer
	jwks.WriteString(`{"keys":[`)
	for i, key := range keys {
		if _, known := set.byID[key.id]; known {
			return nil, fmt.Errorf("%w: two keys have the id %q", ErrNotAKey, key.id)
		}
		public := key.Public()
		set.byID[key.id], set.byHeader[key.header] = public, public
		if i > 0 {
			jwks.WriteByte(',')
		}
		jwks.Write(key.jwk)
	}
	jwks.WriteString("]}")
	set.jwks = jwks.Bytes()
	sum := sha256.Sum256(set.jwks)
	set.etag = `"` + hex.EncodeToString(sum[:16]) + `"`
	return set, nil
}

// NewSetFromPublic is [NewSet] for JWKs. Were a private one given by mistake, it is not published.
func NewSetFromPublic(documents ...json.RawMessage) (*Set, error) {
	keys := make([]*Key, len(documents))
	for i, document := range documents {
		key, err := ParsePublic(document)
		if err != nil {
			return nil, err
		}
		keys[i] = key
	}
	return NewSet(keys...)
}

// JWKS is the JWK set (RFC 7517 §5) with the public keys: the same bytes as long as the keys are the same. The caller
// must not change them.
func (s *Set) JWKS() []byte { return s.jwks }

// ETag is a strong entity tag of [Set.JWKS], in quotes.
func (s *Set) ETag() string { return s.etag }

// Len is how many keys there are.
func (s *Set) Len() int { return len(s.byID) }
