package tenants

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// JWKSMaxAge is how long clients may keep a tenant's key set.
const JWKSMaxAge = 10 * time.Minute

// KeyState is where a signing key is in its life.
type KeyState string

// The states of a signing key, in order. All but gone are in the key set, so a client that caches the set never meets an unknown key.
const (
	KeyPublished KeyState = "published" // announced; signs from its planned activation on
	KeyActive    KeyState = "active"    // signs
	KeyRetiring  KeyState = "retiring"  // signs no more; what it signed still verifies
	KeyGone      KeyState = "gone"      // verifies no more; its private part is erased
)

// ErrNoSigningKey is returned where a tenant has no key that signs, or its private part cannot be opened with the secrets configured.
var ErrNoSigningKey = errors.New("the tenant has no usable signing key")

// Keys are a tenant's signing keys, parsed once with the snapshot.
type Keys struct {
	signers []timedSigner // latest activation first
	set     *jose.Set
	etag    string
}

type timedSigner struct {
	from time.Time
	key  *jose.Key
	err  error
}

// Signer is the key that signs at a time. Error: ErrNoSigningKey.
func (k *Keys) Signer(now time.Time) (*jose.Key, error) {
	for _, s := range k.signers {
		if !s.from.After(now) {
			return s.key, s.err
		}
	}
	return nil, ErrNoSigningKey
}

// Set verifies what any of the tenant's keys signed.
func (k *Keys) Set() *jose.Set { return k.set }

// JWKS is the key set as served (RFC 7517 §5). The caller must not change it.
func (k *Keys) JWKS() []byte { return k.set.JWKS() }

// ETag is the entity tag of JWKS, with quotes.
func (k *Keys) ETag() string { return k.etag }

// KeySealedFor is what a sealed signing key is bound to: it binds the private key to its tenant, name and the version of the sealing.
func KeySealedFor(tenant uuid.UUID, kid string, version int) []byte {
	return fmt.Appendf(nil, "signing-key|%s|%s|%d", tenant, kid, version)
}

const keySealVersion = 1

// compileKeys parses the rows of a tenant's keys, oldest first. A private key that cannot be opened fails only signing: verification needs
// nothing secret.
func compileKeys(keyring *secret.Keyring, tenant uuid.UUID, rows []*ent.SigningKey) (*Keys, error) {
	k := &Keys{}
	public := make([]json.RawMessage, 0, len(rows))
	for _, row := range rows {
		if KeyState(row.State) == KeyGone {
			continue
		}
		public = append(public, row.PublicJwk)
		if s, signs := openSigner(keyring, tenant, row); signs {
			k.signers = append(k.signers, s)
		}
	}
	sortSigners(k.signers)
	set, err := jose.NewSetFromPublic(public...)
	if err != nil {
		return nil, fmt.Errorf("parse the keys of tenant %s: %w", tenant, err)
	}
	k.set = set
	sum := sha256.Sum256(set.JWKS())
	k.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return k, nil
}

// openSigner opens the private part of a key that signs now or at a planned time.
func openSigner(keyring *secret.Keyring, tenant uuid.UUID, row *ent.SigningKey) (timedSigner, bool) {
	state := KeyState(row.State)
	if state != KeyActive && state != KeyPublished || state == KeyPublished && row.ActivatedAt == nil {
		return timedSigner{}, false
	}
	s := timedSigner{from: row.CreatedAt}
	if row.ActivatedAt != nil {
		s.from = *row.ActivatedAt
	}
	raw, err := keyring.Open(row.PrivateKey, KeySealedFor(tenant, row.Kid, row.SealVersion))
	if err == nil {
		s.key, err = jose.ParsePrivate(raw)
	}
	if err != nil {
		s.err = fmt.Errorf("%w: key %s: %w", ErrNoSigningKey, row.Kid, err)
	}
	return s, true
}

// sortSigners puts the latest activation first; of two at one time the one created later, which comes later in the rows.
func sortSigners(s []timedSigner) {
	slices.Reverse(s)
	slices.SortStableFunc(s, func(a, b timedSigner) int { return b.from.Compare(a.from) })
}
