// Package transfer moves people in and out of a tenant, many at a time.
//
// It knows everything that an account consists of, writes accounts in batches without the events that a change of a single person has (no
// mail, webhook or audit record of hers; an import has one record as a whole), and reads and writes the file format that people are moved
// in. Spec: import-export §1–§4.
package transfer

import (
	"crypto/sha256"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
)

// An Account is everything about one person that is to be written. Ids that are nil are made (UUID version 7), and times that are zero are
// the time of writing. Whoever makes an Account has checked it; the Writer only looks for conflicts with others.
type Account struct {
	ID                                   uuid.UUID
	Name, GivenName, FamilyName, Picture string
	// Username is nil where she has none. It is lower case and trimmed, or nobody can sign in with it.
	Username *user.Username
	// Emails are her addresses, lower case, at most one of them primary.
	Emails []user.Email
	// Password and TOTP are nil where she has none.
	Password    *Password
	TOTP        *TOTP
	Credentials []Credential
	Identities  []Identity
	// Metadata are JSON objects as compact text, empty where unset.
	Metadata             user.Metadata
	BlockedAt            *time.Time
	CreatedAt, UpdatedAt time.Time
}

// Password is the hash of a password, in a form that pkg/password reads.
type Password struct {
	ID                   uuid.UUID
	Hash                 string
	CreatedAt, UpdatedAt time.Time
}

// TOTP is the secret of an authenticator app in clear, as base32. It is sealed when it is written.
type TOTP struct {
	ID     uuid.UUID
	Secret string
	// LastValidatedStep guards against codes that were used before she moved; nil where none was.
	LastValidatedStep    *int64
	CreatedAt, UpdatedAt time.Time
}

// Credential is a passkey, or a security key where MFAOnly is set.
type Credential struct {
	ID uuid.UUID // of the row
	// CredentialID is the id that the authenticator gave it, PublicKey the COSE key.
	CredentialID, PublicKey []byte
	Name, AttestationType   string
	AAGUID                  uuid.UUID
	SignCount               uint32
	Transports              []string
	// BackupEligible and BackupState are nil where unknown: the first use tells.
	BackupEligible, BackupState *bool
	MFAOnly                     bool
	// UserHandle is what the authenticator knows her by, empty where that are the bytes of her id.
	UserHandle           []byte
	LastUsedAt           *time.Time
	CreatedAt, UpdatedAt time.Time
}

// Identity is an account at a third party.
type Identity struct {
	ID uuid.UUID
	// ProviderID is google, custom_…, or the SAML issuer; Subject is the account there.
	ProviderID, Subject string
	// EmailID is the id of one of her addresses, or nil.
	EmailID *uuid.UUID
	// SAMLDomain is the domain of the SAML provider, or nil.
	SAMLDomain *string
	// Claims are what the provider last told, as a JSON object; empty counts as {}.
	Claims               string
	CreatedAt, UpdatedAt time.Time
}

// filled is the account with the ids and times that were missing.
func (a Account) filled(at time.Time) Account {
	id(&a.ID)
	times(at, &a.CreatedAt, &a.UpdatedAt)
	if a.Username != nil {
		n := *a.Username
		id(&n.ID)
		times(at, &n.CreatedAt, &n.UpdatedAt)
		a.Username = &n
	}
	if a.Password != nil {
		p := *a.Password
		id(&p.ID)
		times(at, &p.CreatedAt, &p.UpdatedAt)
		a.Password = &p
	}
	if a.TOTP != nil {
		s := *a.TOTP
		id(&s.ID)
		times(at, &s.CreatedAt, &s.UpdatedAt)
		a.TOTP = &s
	}
	a.Emails = slices.Clone(a.Emails)
	for i := range a.Emails {
		id(&a.Emails[i].ID)
		times(at, &a.Emails[i].CreatedAt, &a.Emails[i].UpdatedAt)
	}
	a.Credentials = slices.Clone(a.Credentials)
	for i := range a.Credentials {
		id(&a.Credentials[i].ID)
		times(at, &a.Credentials[i].CreatedAt, &a.Credentials[i].UpdatedAt)
	}
	a.Identities = slices.Clone(a.Identities)
	for i := range a.Identities {
		id(&a.Identities[i].ID)
		times(at, &a.Identities[i].CreatedAt, &a.Identities[i].UpdatedAt)
	}
	return a
}

func id(into *uuid.UUID) {
	if *into == uuid.Nil {
		*into = uuid.Must(uuid.NewV7())
	}
}

// times sets what is missing, and brings the rest into the form that the databases keep.
func times(at time.Time, created, updated *time.Time) {
	for _, t := range []*time.Time{created, updated} {
		if t.IsZero() {
			*t = at
		}
		*t = stored(*t)
	}
}

// stored is a time as the databases keep it.
func stored(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }

// hash is what credentials are looked up by: their ids are too long for an index.
func hash(credentialID []byte) []byte {
	sum := sha256.Sum256(credentialID)
	return sum[:]
}
