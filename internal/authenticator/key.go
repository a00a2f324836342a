package authenticator

import (
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/descope/virtualwebauthn"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// An Algorithm is a COSE algorithm (RFC 9053).
type Algorithm int64

// The algorithms of keys.
const (
	ES256 Algorithm = -7
	EdDSA Algorithm = -8
	RS256 Algorithm = -257
)

// A key signs, and shows its public half as COSE.
type key interface {
	sign(data []byte) ([]byte, error)
	cose() []byte
}

func (a Algorithm) generate() key {
	switch a {
	case EdDSA:
		_, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			panic(err) // the system has no randomness
		}
		return edwards(private)
	case RS256:
		return newHashed(virtualwebauthn.KeyTypeRSA)
	default:
		return newHashed(virtualwebauthn.KeyTypeEC2)
	}
}

// coseP256 is the length of a COSE key of two coordinates of 32 bytes.
const coseP256 = 77

// hashed is a key that signs the SHA-256 of the data.
type hashed struct {
	kind   virtualwebauthn.KeyType
	data   []byte
	public []byte
}

func newHashed(kind virtualwebauthn.KeyType) hashed {
	for {
		k := virtualwebauthn.NewCredential(kind).Key
		h := hashed{kind: kind, data: k.Data, public: k.AttestationData()}
		if kind != virtualwebauthn.KeyTypeEC2 || len(h.public) == coseP256 { // the library leaves out leading zeros: one key in 128 is no key
			return h
		}
	}
}

// sign makes the key anew each time: the library's remembers things, and a clone may sign at the same time.
func (h hashed) sign(data []byte) ([]byte, error) {
	digest := sha256.Sum256(data)
	k := virtualwebauthn.NewCredentialWithImportedKey(h.kind, h.data).Key
	return k.Sign(digest[:])
}

func (h hashed) cose() []byte { return h.public }

// edwards is a key over Ed25519 (RFC 8032).
type edwards ed25519.PrivateKey

func (e edwards) sign(data []byte) ([]byte, error) {
	return ed25519.Sign(ed25519.PrivateKey(e), data), nil
}

func (e edwards) cose() []byte {
	public, _ := ed25519.PrivateKey(e).Public().(ed25519.PublicKey)
	raw, err := webauthncbor.Marshal(map[int]any{1: 1, 3: int64(EdDSA), -1: 6, -2: []byte(public)}) // RFC 9053 §7.2
	if err != nil {
		panic(err) // numbers and bytes only
	}
	return raw
}
