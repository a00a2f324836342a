package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// TypeJWT is the typ of session tokens.
const TypeJWT = "JWT"

var encoding = base64.RawURLEncoding.Strict()

// header is the whole header of our tokens; its members are in the order in which they are written.
type header struct {
	Alg Alg    `json:"alg"`
	ID  string `json:"kid"`
	Typ string `json:"typ"`
}

// Sign makes a token with the header {"alg","kid","typ"} and these claims. An empty typ is [TypeJWT]. Times among the
// claims are the caller's to write as whole seconds.
func (k *Key) Sign(typ string, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode the claims: %w", err)
	}
	return k.SignPayload(typ, payload)
}

// SignPayload is [Key.Sign] for claims that are encoded already: payload must be a JSON object.
func (k *Key) SignPayload(typ string, payload []byte) (string, error) {
	if k.private == nil {
		return "", fmt.Errorf("sign with key %s: %w: there is no private part", k.id, ErrNotAKey)
	}
	head := k.header
	if typ != "" && typ != TypeJWT {
		head = encodeHeader(k.alg, k.id, typ)
	}
	token := make([]byte, 0, len(head)+encoding.EncodedLen(len(payload))+1+encoding.EncodedLen(k.signatureSize()))
	token = append(token, head...)
	token = encoding.AppendEncode(token, payload)
	signature, err := k.signature(token)
	if err != nil {
		return "", fmt.Errorf("sign with key %s: %w", k.id, err)
	}
	token = append(token, '.')
	return string(encoding.AppendEncode(token, signature)), nil
}

func (k *Key) signature(input []byte) ([]byte, error) {
	digest := sha256.Sum256(input)
	switch private := k.private.(type) {
	case *ecdsa.PrivateKey: // r ‖ s, 32 bytes each (RFC 7518 §3.4)
		r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
		if err != nil {
			return nil, err
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature, nil
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:])
	case ed25519.PrivateKey:
		return ed25519.Sign(private, input), nil
	}
	return nil, errors.New("unknown kind of key")
}

func (k *Key) verifies(input, signature []byte) bool {
	if len(signature) != k.signatureSize() {
		return false
	}
	switch public := k.public.(type) {
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(input)
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(public, digest[:], r, s)
	case *rsa.PublicKey:
		digest := sha256.Sum256(input)
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(public, input, signature)
	}
	return false
}

// signatureSize is the one length in bytes a signature of this key has.
func (k *Key) signatureSize() int {
	if public, ok := k.public.(*rsa.PublicKey); ok {
		return public.Size()
	}
	return 64
}

func encodeHeader(alg Alg, id, typ string) string {
	raw, err := json.Marshal(header{Alg: alg, ID: id, Typ: typ})
	if err != nil {
		panic("jose: " + err.Error()) // three strings always encode
	}
	return encoding.EncodeToString(raw) + "."
}
