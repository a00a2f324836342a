// Package passkey is everything about WebAuthn credentials: what browsers are asked for, how their answers are checked, and how
// credentials are stored. A credential is a passkey, which signs in by itself, or a security key, which is a second factor only.
//
// Spec: flow-login-registration §9, flow-profile §8.2, Web Authentication Level 3.
package passkey

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/store"
)

// A Kind says what a credential is for.
type Kind string

// The kinds of credentials.
const (
	// Passkey is a discoverable credential: a first factor.
	Passkey Kind = "passkey"
	// SecurityKey is a second factor only.
	SecurityKey Kind = "security_key"
)

// Options are what the browser gets: {"publicKey": …}, as JSON.
type Options = json.RawMessage

// A Ceremony is what is remembered of options that were handed out, until they are answered or have expired. It is kept in the sealed data
// of a flow, so it holds no secret and is small.
type Ceremony struct {
	Challenge string    `json:"c"`
	Kind      Kind      `json:"k"`
	Creation  bool      `json:"n,omitempty"`
	UserID    uuid.UUID `json:"u,omitzero"` // whose credential is made or asked for; nobody's in particular where zero
	// Allowed are the SHA-256 hashes of the ids of the credentials that may answer; every id is as long as its authenticator likes.
	Allowed      [][]byte  `json:"a,omitempty"`
	Verification string    `json:"v"` // user verification, as asked for
	Expires      time.Time `json:"e"`
}

// IsZero reports whether there is no ceremony.
func (c Ceremony) IsZero() bool { return c.Challenge == "" }

// An Owner is the person for whom a credential is made.
type Owner struct {
	ID uuid.UUID
	// Name and DisplayName are shown by the authenticator.
	Name, DisplayName string
	// Has are the credentials she has: an authenticator that holds one of them refuses to make another.
	Has []user.Credential
}

// A Credential is one that was made and not yet stored. It may be kept in the data of a flow.
type Credential struct {
	ID              []byte    `json:"i"`
	PublicKey       []byte    `json:"p"` // COSE
	AttestationType string    `json:"t,omitempty"`
	AAGUID          uuid.UUID `json:"g,omitzero"`
	Name            string    `json:"n,omitempty"` // of the authenticator's model, where it is known
	SignCount       uint32    `json:"s,omitempty"`
	Transports      []string  `json:"r,omitempty"`
	BackupEligible  bool      `json:"be,omitempty"`
	BackupState     bool      `json:"bs,omitempty"`
	MFAOnly         bool      `json:"m,omitempty"`
}

// An Assertion is an answer that was accepted.
type Assertion struct {
	UserID uuid.UUID
	// CredentialID in base64url without padding.
	CredentialID string
	MFAOnly      bool
	// Save notes the use: counter, backup flags, time. Errors: a conflict where the credential is gone, or was used meanwhile.
	Save store.Write

	at                 time.Time
	eligible, backedUp bool
}

// Show makes a person's credentials look as they will once the use is saved.
func (a *Assertion) Show(credentials []user.Credential) {
	for i := range credentials {
		if c := &credentials[i]; c.ID == a.CredentialID {
			c.LastUsedAt, c.BackupEligible, c.BackupState = &a.at, a.eligible, a.backedUp
		}
	}
}

// A Room holds the WebAuthn ceremonies of all tenants.
type Room struct {
	store  *store.Store
	models Models
}

// NewRoom keeps credentials in a store, named by the models of their authenticators; nil are the models that we know.
func NewRoom(st *store.Store, models Models) *Room { return &Room{store: st, models: models} }

// Shown is the credential as its owner will see it, once it is stored.
func (c *Credential) Shown(at time.Time) user.Credential {
	at = stored(at)
	return user.Credential{
		ID:              encode(c.ID),
		Name:            c.Name,
		PublicKey:       encode(c.PublicKey),
		AttestationType: c.AttestationType,
		AAGUID:          c.AAGUID,
		Transports:      c.Transports,
		BackupEligible:  c.BackupEligible,
		BackupState:     c.BackupState,
		MFAOnly:         c.MFAOnly,
		LastUsedAt:      &at,
		CreatedAt:       at,
	}
}
