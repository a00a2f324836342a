package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// The legacy scheme is how a Hanko database keeps its signing keys: AES-256-GCM under SHA-256 of the secret, no
// additional data, nonce ‖ ciphertext ‖ tag as padded base64url. Spec: session §3.2. It serves the import from and the
// export to such a database; everything of our own is sealed with [Keyring.Seal].

// OpenLegacy decrypts a text of the legacy scheme, trying the secrets in order. Errors: ErrUndecryptable.
func (k *Keyring) OpenLegacy(text string) ([]byte, error) {
	raw, err := base64.URLEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrUndecryptable
	}
	for _, key := range k.legacy {
		gcm := legacyGCM(key)
		if len(raw) < gcm.NonceSize()+gcm.Overhead() {
			return nil, ErrUndecryptable
		}
		if plaintext, err := gcm.Open(nil, raw[:gcm.NonceSize()], raw[gcm.NonceSize():], nil); err == nil {
			return plaintext, nil
		}
	}
	return nil, ErrUndecryptable
}

// SealLegacy encrypts plaintext under the newest secret in the legacy scheme.
func (k *Keyring) SealLegacy(plaintext []byte) string {
	nonce := make([]byte, 12)
	_, _ = rand.Read(nonce) // never returns an error
	return sealLegacy(k.legacy[0], nonce, plaintext)
}

func sealLegacy(key, nonce, plaintext []byte) string {
	return base64.URLEncoding.EncodeToString(legacyGCM(key).Seal(nonce, nonce, plaintext, nil))
}

func legacyKey(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func legacyGCM(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("secret: " + err.Error()) // the key has 32 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("secret: " + err.Error()) // AES has a 16-byte block
	}
	return gcm
}
