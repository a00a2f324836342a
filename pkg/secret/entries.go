package secret

import (
	"encoding/base64"
	"encoding/hex"
)

// A KeyID is the fingerprint of a secret: what sealed texts name it by. It is derived from the secret by HKDF and reveals nothing about it.
type KeyID [keyIDSize]byte

// String is the fingerprint as eight hexadecimal digits.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// HeadSize is how many bytes of a sealed text say which secret sealed it.
const HeadSize = headerSize

// KeyOf reads which secret sealed a text, of its first [HeadSize] bytes or more. It opens nothing. False for what is no sealed text.
func KeyOf(head []byte) (id KeyID, ok bool) {
	if len(head) < headerSize || head[0] != envelopeV1 {
		return id, false
	}
	return KeyID(head[1:headerSize]), true
}

// KeyOfString is [KeyOf] of what [Keyring.SealString] made.
func KeyOfString(sealed string) (id KeyID, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return id, false
	}
	return keyIDOf(raw)
}

// An Entry is one of the secrets, without the secret.
type Entry struct {
	// Position in the list; 0 is the first, which encrypts.
	Position int
	Key      KeyID
	// Legacy says that the secret is well known, so that nothing here was ever sealed under it; it has no fingerprint.
	Legacy bool
}

// Entries are the secrets in the order of the list.
func (k *Keyring) Entries() []Entry {
	all := make([]Entry, k.listed)
	for i := range all {
		all[i] = Entry{Position: i, Legacy: true}
	}
	for _, key := range k.keys {
		all[key.place] = Entry{Position: key.place, Key: key.id}
	}
	return all
}

// CurrentKey is the fingerprint of the secret that encrypts.
func (k *Keyring) CurrentKey() KeyID { return k.keys[0].id }

// Has reports whether the list has the secret of a fingerprint.
func (k *Keyring) Has(id KeyID) bool {
	for _, key := range k.keys {
		if key.id == id {
			return true
		}
	}
	return false
}

// Reseal opens a text and seals it anew under the newest secret, bound to the same. Errors: ErrUndecryptable.
func (k *Keyring) Reseal(sealed, aad []byte) ([]byte, error) {
	plain, err := k.Open(sealed, aad)
	if err != nil {
		return nil, err
	}
	return k.Seal(plain, aad), nil
}
