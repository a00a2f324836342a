package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

const (
	// secretPrefix begins the text of a signing secret, as Standard Webhooks wants it.
	secretPrefix = "whsec_"
	// secretBytes is how long signing secrets are.
	secretBytes = 32
	// keptSecrets is how many secrets of an endpoint sign at most.
	keptSecrets = 5
	// DefaultOverlap and MaxOverlap say how long a former secret goes on signing beside a new one.
	DefaultOverlap = 24 * time.Hour
	MaxOverlap     = 7 * 24 * time.Hour
)

// A signingSecret is what an endpoint knows our messages by. Until is when a former one ceases to sign; zero for the current one.
type signingSecret struct {
	Key   []byte    `json:"k"`
	Until time.Time `json:"u,omitzero"`
}

func newSecret() signingSecret {
	key := make([]byte, secretBytes)
	_, _ = rand.Read(key) // never fails
	return signingSecret{Key: key}
}

// text is the secret as its owner is given it.
func (s signingSecret) text() string { return secretPrefix + base64.StdEncoding.EncodeToString(s.Key) }

// secrets are those of an endpoint, the current one first.
type secrets []signingSecret

// at are those that sign at a time.
func (s secrets) at(now time.Time) secrets {
	var good secrets
	for _, one := range s {
		if one.Until.IsZero() || now.Before(one.Until) {
			good = append(good, one)
		}
	}
	return good
}

// rotated puts a new secret first. The former current one goes on for the overlap.
func (s secrets) rotated(fresh signingSecret, now time.Time, overlap time.Duration) secrets {
	all := secrets{fresh}
	for _, one := range s.at(now) {
		if one.Until.IsZero() {
			one.Until = now.Add(overlap)
		}
		if now.Before(one.Until) && len(all) < keptSecrets {
			all = append(all, one)
		}
	}
	return all
}

// seal encrypts the secrets of an endpoint, for this endpoint only.
func (r *Room) seal(tenant, endpoint uuid.UUID, s secrets) ([]byte, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode the secrets of endpoint %s: %w", endpoint, err)
	}
	return r.n.Keyring.Seal(plain, SealedFor(tenant, endpoint)), nil
}

func (r *Room) unseal(tenant, endpoint uuid.UUID, sealed []byte) (secrets, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	var s secrets
	plain, err := r.n.Keyring.Open(sealed, SealedFor(tenant, endpoint))
	if err == nil {
		err = json.Unmarshal(plain, &s)
	}
	if err != nil {
		return nil, fmt.Errorf("open the secrets of endpoint %s: %w", endpoint, err)
	}
	return s, nil
}

// SealedFor is what the sealed secrets of an endpoint are bound to.
func SealedFor(tenant, endpoint uuid.UUID) []byte {
	return fmt.Appendf(nil, "webhook-secrets|%s|%s", tenant, endpoint)
}

// Resealer seals the signing secrets of a webhook anew, for a copy of it in another tenant.
func Resealer(keyring *secret.Keyring) func(from, hook, to, copied uuid.UUID, sealed []byte) ([]byte, error) {
	return func(from, hook, to, copied uuid.UUID, sealed []byte) ([]byte, error) {
		plain, err := keyring.Open(sealed, SealedFor(from, hook))
		if err != nil {
			return nil, fmt.Errorf("open the secrets of endpoint %s: %w", hook, err)
		}
		return keyring.Seal(plain, SealedFor(to, copied)), nil
	}
}

// OpenSecrets are the signing secrets of an endpoint in clear, for a tenant that moves. Errors: secret.ErrUndecryptable.
func OpenSecrets(keyring *secret.Keyring, tenant, endpoint uuid.UUID, sealed []byte) ([]byte, error) {
	plain, err := keyring.Open(sealed, SealedFor(tenant, endpoint))
	if err != nil {
		return nil, fmt.Errorf("open the secrets of endpoint %s: %w", endpoint, err)
	}
	return plain, nil
}

// SealSecrets is the opposite of OpenSecrets. It refuses what are no secrets.
func SealSecrets(keyring *secret.Keyring, tenant, endpoint uuid.UUID, plain []byte) ([]byte, error) {
	var s secrets
	if err := json.Unmarshal(plain, &s); err != nil || len(s) > keptSecrets {
		return nil, fmt.Errorf("seal the secrets of endpoint %s: they are none", endpoint)
	}
	return keyring.Seal(plain, SealedFor(tenant, endpoint)), nil
}
