// Package passkey is everything about WebAuthn credentials: what browsers are asked for, how their answers are checked, and how
// credentials are stored. A credential is a passkey, which signs in by itself, or a security key, which is a second factor only.
//
// Spec: flow-login-registration §9, flow-profile §8.2, Web Authentication Level 3.
package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
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
	Challenge    string    `json:"c"`
	Kind         Kind      `json:"k"`
	Creation     bool      `json:"n,omitempty"`
	UserID       uuid.UUID `json:"u,omitzero"` // whose credential is made or asked for; nobody's in particular where zero
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
}

// A Reason says why an answer was refused.
type Reason int

// The reasons.
const (
	// Invalid is any answer that does not prove what was asked for.
	Invalid Reason = iota
	// MFAOnly is a security key where a first factor was asked for.
	MFAOnly
	// Cloned is a signature counter that did not grow: the credential was probably copied (WebAuthn §6.1.1).
	Cloned
)

// Refused is an answer that was not accepted.
type Refused struct {
	Reason Reason
	// UserID is the owner of the credential, where it is known.
	UserID uuid.UUID
	// Err is for the audit log: it never holds what the client sent.
	Err error
}

// Error says why, in words for an operator.
func (r *Refused) Error() string { return "webauthn: " + r.Err.Error() }

// Unwrap returns the cause.
func (r *Refused) Unwrap() error { return r.Err }

// A Room holds the WebAuthn ceremonies of all tenants.
type Room struct{ store *store.Store }

// NewRoom keeps credentials in a store.
func NewRoom(st *store.Store) *Room { return &Room{store: st} }

var errNotBuilt = errors.New("passkey: not built")

// Create asks a browser to make a credential.
func (r *Room) Create(t *tenants.Tenant, k Kind, o Owner, now time.Time) (Options, Ceremony, error) {
	return nil, Ceremony{}, errNotBuilt
}

// Created checks what a browser made. Errors: *Refused.
func (r *Room) Created(t *tenants.Tenant, c Ceremony, answer json.RawMessage, now time.Time) (*Credential, error) {
	return nil, errNotBuilt
}

// Ask asks a browser for any passkey of the tenant's relying party.
func (r *Room) Ask(t *tenants.Tenant, now time.Time) (Options, Ceremony, error) {
	return nil, Ceremony{}, errNotBuilt
}

// AskFor asks a browser for one of a person's credentials: one of her passkeys, or for a second factor any credential of hers.
// One statement.
func (r *Room) AskFor(ctx context.Context, t *tenants.Tenant, k Kind, userID uuid.UUID, now time.Time) (Options, Ceremony, error) {
	return nil, Ceremony{}, errNotBuilt
}

// Asserted checks a browser's answer. One statement. Errors: *Refused.
func (r *Room) Asserted(ctx context.Context, t *tenants.Tenant, c Ceremony, answer json.RawMessage, now time.Time) (*Assertion, error) {
	return nil, errNotBuilt
}

// Shown is the credential as its owner will see it, once it is stored.
func (c *Credential) Shown(at time.Time) user.Credential { return user.Credential{} }

// Store gives a person a credential that was made at a time. Errors: a conflict where a credential of that id exists in the tenant.
func Store(userID uuid.UUID, c Credential, at time.Time) store.Write {
	return func(context.Context, *store.Tx) error { return errNotBuilt }
}

// Rename names a credential of a person; id in base64url.
func Rename(userID uuid.UUID, id, name string) store.Write {
	return func(context.Context, *store.Tx) error { return errNotBuilt }
}

// Delete takes a credential from a person; id in base64url. One that is gone already is a conflict.
func Delete(userID uuid.UUID, id string) store.Write {
	return func(context.Context, *store.Tx) error { return errNotBuilt }
}
