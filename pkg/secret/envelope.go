package secret

import (
	"crypto/rand"
)

// An envelope is
//
//	version (1 byte, 0x01) ‖ key id (4) ‖ nonce (24) ‖ ciphertext ‖ tag (16)
//
// where version and key id are authenticated together with the caller's additional data. The key id says which secret
// to take; it is derived from the secret by HKDF and reveals nothing about it.
const (
	envelopeV1  = 0x01
	keyIDSize   = 4
	headerSize  = 1 + keyIDSize
	minEnvelope = headerSize + xaesNonceSize + xaesTagSize
)

func keyIDOf(sealed []byte) (id KeyID, ok bool) {
	if len(sealed) < minEnvelope || sealed[0] != envelopeV1 {
		return id, false
	}
	copy(id[:], sealed[1:headerSize])
	return id, true
}

func (m *masterKey) seal(plaintext, aad []byte) []byte {
	out := make([]byte, headerSize+xaesNonceSize, minEnvelope+len(plaintext))
	out[0] = envelopeV1
	copy(out[1:], m.id[:])
	nonce := out[headerSize:]
	_, _ = rand.Read(nonce) // never returns an error
	return m.sealer.seal(out, nonce, plaintext, withHeader(out[:headerSize], aad))
}

func (m *masterKey) open(sealed, aad []byte) ([]byte, error) {
	body := sealed[headerSize:]
	return m.sealer.open(nil, body[:xaesNonceSize], body[xaesNonceSize:], withHeader(sealed[:headerSize], aad))
}

func withHeader(header, aad []byte) []byte {
	bound := make([]byte, 0, len(header)+len(aad))
	return append(append(bound, header...), aad...)
}
