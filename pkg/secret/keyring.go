package secret

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// MinLength is the least number of bytes a secret must have.
const MinLength = 16

// Reasons for which a list of secrets is refused; a [KeyError] wraps one of them.
var (
	ErrMissing   = errors.New("no secret is set")
	ErrShort     = fmt.Errorf("the secret is shorter than %d bytes", MinLength)
	ErrWellKnown = errors.New("the secret is a published example or trivially guessable, so anybody could decrypt what it protects")
)

// ErrUndecryptable is returned for a text that none of the secrets opens: damaged, made for other additional data, or
// sealed under a secret that is no longer in the list. Which of them it was cannot be told.
var ErrUndecryptable = errors.New("secret: cannot be decrypted with any of the configured secrets")

// A KeyError says which entry of the list of secrets is refused, and what to do. It never holds the secret.
type KeyError struct {
	Index  int // position in the list, 0 = first
	Reason error
}

func (e *KeyError) Error() string {
	const remedy = "generate one with `openssl rand -base64 32`"
	if errors.Is(e.Reason, ErrMissing) {
		return fmt.Sprintf("secrets: %v; %s and make it the first entry of secrets.keys", e.Reason, remedy)
	}
	return fmt.Sprintf("secrets: entry %d: %v; %s, put it first, and keep an older secret behind it while data is still encrypted under it",
		e.Index+1, e.Reason, remedy)
}

func (e *KeyError) Unwrap() error { return e.Reason }

// A KMS wraps small secrets such as private keys. The [Keyring] is the local implementation; one that asks a remote
// service may fail and may be slow, hence the context and the errors.
type KMS interface {
	// Wrap encrypts plaintext and binds it to aad.
	Wrap(ctx context.Context, plaintext, aad []byte) ([]byte, error)
	// Unwrap is the inverse of Wrap. ErrUndecryptable when wrapped was not made by Wrap with the same aad.
	Unwrap(ctx context.Context, wrapped, aad []byte) ([]byte, error)
}

// A Keyring seals and opens with a list of secrets. It is safe for concurrent use.
type Keyring struct {
	keys     []*masterKey // in list order; a well-known secret is only a legacy key
	legacy   [][]byte     // AES keys of the legacy scheme, for every entry
	listed   int          // entries of the list
	warnings []string
}

// masterKey is what one secret becomes.
type masterKey struct {
	id     KeyID
	place  int // in the list, 0 = first
	secret []byte
	sealer *xaes
}

// NewKeyring makes a keyring of secrets, newest first.
//
// It refuses ([KeyError]) an empty list, an entry shorter than [MinLength], and a first entry that is well known. A
// well-known entry further back is accepted for data of an adopted database only: [Keyring.OpenLegacy] uses it, while
// [Keyring.Open] and [Keyring.DeriveAll] do not, because everybody could forge what it opens; see [Keyring.Warnings].
func NewKeyring(secrets []string) (*Keyring, error) {
	if len(secrets) == 0 || secrets[0] == "" {
		return nil, &KeyError{Reason: ErrMissing}
	}
	ring := &Keyring{}
	for i, secret := range secrets {
		if len(secret) < MinLength {
			return nil, &KeyError{Index: i, Reason: ErrShort}
		}
		ring.legacy = append(ring.legacy, legacyKey(secret))
		if wellKnown(secret) {
			if i == 0 {
				return nil, &KeyError{Index: i, Reason: ErrWellKnown}
			}
			ring.warnings = append(ring.warnings, fmt.Sprintf(
				"secrets: entry %d is well known and only decrypts data of an adopted database; remove it once that data is encrypted anew", i+1))
			continue
		}
		key, err := newMasterKey(secret)
		if err != nil {
			return nil, fmt.Errorf("derive the keys of secret %d: %w", i+1, err)
		}
		key.place = i
		ring.keys = append(ring.keys, key)
	}
	ring.listed = len(secrets)
	return ring, nil
}

// Warnings lists what the operator should know about accepted secrets, one sentence each.
func (k *Keyring) Warnings() []string { return k.warnings }

// Seal encrypts plaintext under the newest secret and binds it to aad, which must be given again to open it.
// The result is 45 bytes longer than plaintext.
func (k *Keyring) Seal(plaintext, aad []byte) []byte {
	return k.keys[0].seal(plaintext, aad)
}

// Open decrypts what [Keyring.Seal] made. Errors: ErrUndecryptable.
func (k *Keyring) Open(sealed, aad []byte) ([]byte, error) {
	id, ok := keyIDOf(sealed)
	if !ok {
		return nil, ErrUndecryptable
	}
	// The id of the key is authenticated, so a key with another id could not open the text. Two secrets may share an
	// id by chance: each of them is tried.
	for _, key := range k.keys {
		if key.id != id {
			continue
		}
		if plaintext, err := key.open(sealed, aad); err == nil {
			return plaintext, nil
		}
	}
	return nil, ErrUndecryptable
}

// Current reports whether sealed was made under the newest secret. A text that was not should be sealed anew when it is
// next written.
func (k *Keyring) Current(sealed []byte) bool {
	id, ok := keyIDOf(sealed)
	return ok && id == k.keys[0].id
}

// SealString is [Keyring.Seal] as base64url text without padding.
func (k *Keyring) SealString(plaintext, aad []byte) string {
	return base64.RawURLEncoding.EncodeToString(k.Seal(plaintext, aad))
}

// OpenString is [Keyring.Open] of what SealString made. Errors: ErrUndecryptable.
func (k *Keyring) OpenString(sealed string, aad []byte) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, ErrUndecryptable
	}
	return k.Open(raw, aad)
}

// Wrap is [Keyring.Seal] as a [KMS]. It never fails.
func (k *Keyring) Wrap(_ context.Context, plaintext, aad []byte) ([]byte, error) {
	return k.Seal(plaintext, aad), nil
}

// Unwrap is [Keyring.Open] as a [KMS].
func (k *Keyring) Unwrap(_ context.Context, wrapped, aad []byte) ([]byte, error) {
	return k.Open(wrapped, aad)
}

// Derive returns a 32-byte key for purpose from the newest secret (HKDF-SHA256, RFC 5869). Different purposes give
// independent keys.
func (k *Keyring) Derive(purpose string) []byte {
	return k.keys[0].derive(purpose)
}

// DeriveAll returns the keys for purpose of all secrets, newest first: the first to make, any to verify.
func (k *Keyring) DeriveAll(purpose string) [][]byte {
	derived := make([][]byte, len(k.keys))
	for i, key := range k.keys {
		derived[i] = key.derive(purpose)
	}
	return derived
}

func newMasterKey(secret string) (*masterKey, error) {
	key := &masterKey{secret: []byte(secret)}
	aesKey, err := hkdf.Key(sha256.New, key.secret, nil, "latchkeep seal v1", 32)
	if err != nil {
		return nil, err
	}
	id, err := hkdf.Key(sha256.New, key.secret, nil, "latchkeep key id v1", keyIDSize)
	if err != nil {
		return nil, err
	}
	copy(key.id[:], id)
	key.sealer, err = newXAES(aesKey)
	return key, err
}

func (m *masterKey) derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, m.secret, nil, "latchkeep purpose "+purpose, 32)
	if err != nil {
		panic("secret: " + err.Error()) // only for lengths HKDF cannot give; 32 is not one
	}
	return key
}
