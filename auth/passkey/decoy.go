package passkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"sync"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/latchkeep/latchkeep/ent"
)

// pretend takes as long as checking what was signed, and finds out nothing.
func pretend(w *webauthn.WebAuthn, c Ceremony, parsed *protocol.ParsedCredentialAssertionData) {
	decoy := &ent.WebauthnCredential{CredentialID: parsed.RawID, PublicKey: decoyKey(), UserHandle: &parsed.Response.UserHandle}
	_ = verify(w, c, decoy, parsed) // whatever comes of it
}

// decoyKey is a key of the kind that nearly all authenticators have, in the form of COSE (RFC 9053 §7.1). Nobody has its private part.
var decoyKey = sync.OnceValue(func() []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("passkey: no key was made: " + err.Error())
	}
	point, err := key.PublicKey.Bytes() // 4, and both coordinates
	if err != nil {
		panic("passkey: the key has no form: " + err.Error())
	}
	half := 1 + len(point)/2
	cose, err := webauthncbor.Marshal(webauthncose.EC2PublicKeyData{
		PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.EllipticKey), Algorithm: int64(webauthncose.AlgES256)},
		Curve:         int64(webauthncose.P256), XCoord: point[1:half], YCoord: point[half:],
	})
	if err != nil {
		panic("passkey: the key cannot be written: " + err.Error())
	}
	return cose
})
