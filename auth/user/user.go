// Package user knows who the people of a tenant are: how they are found, what the APIs show of them, and how their accounts change.
//
// It reads outside of transactions and returns changes as writes that the caller queues on its auth.Work.
package user

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// A User is everything about a person that sign-in and the APIs need, credentials' secrets excepted.
type User struct {
	ID                                   uuid.UUID
	Name, GivenName, FamilyName, Picture string
	// Username is nil where she has none.
	Username *Username
	// Emails has the primary address first, then the oldest.
	Emails []Email
	// Password and TOTP are nil where she has none.
	Password    *Secret
	TOTP        *Secret
	Credentials []Credential
	Identities  []Identity
	// Metadata are JSON objects as text, empty where unset.
	Metadata             Metadata
	BlockedAt            *time.Time
	CreatedAt, UpdatedAt time.Time
}

// Username is the name a person signs in with.
type Username struct {
	ID                   uuid.UUID
	Name                 string
	CreatedAt, UpdatedAt time.Time
}

// Email is an address of a person.
type Email struct {
	ID                    uuid.UUID
	Address               string
	IsVerified, IsPrimary bool
	CreatedAt, UpdatedAt  time.Time
}

// Secret says that a password or a TOTP secret exists, not what it is.
type Secret struct {
	ID                   uuid.UUID
	CreatedAt, UpdatedAt time.Time
}

// Credential is a passkey, or a security key where MFAOnly is set.
type Credential struct {
	// ID is the credential id in base64url without padding.
	ID, Name, PublicKey, AttestationType string
	AAGUID                               uuid.UUID
	Transports                           []string
	BackupEligible, BackupState, MFAOnly bool
	LastUsedAt                           *time.Time
	CreatedAt                            time.Time
}

// Identity is an account at a third party.
type Identity struct {
	ID                   uuid.UUID
	ProviderID, Subject  string
	EmailID              *uuid.UUID
	CreatedAt, UpdatedAt time.Time
	// SAML is the third party where it is a SAML identity provider that the tenant knows; nil for all others.
	SAML *SAMLProvider
}

// SAMLProvider is a SAML identity provider, as far as it concerns who has an account there.
type SAMLProvider struct {
	Name    string
	Enabled bool
	// Verifies says that the tenant trusts it to have verified addresses.
	Verifies bool
}

// Metadata are the three kinds of free data about a person: what everyone may read, what only back ends see, what she may write.
type Metadata struct{ Public, Private, Unsafe string }

// Primary is her primary address, or nil.
func (u *User) Primary() *Email {
	for i := range u.Emails {
		if u.Emails[i].IsPrimary {
			return &u.Emails[i]
		}
	}
	return nil
}

// PrimaryAddress is the text of her primary address, or empty.
func (u *User) PrimaryAddress() string {
	if e := u.Primary(); e != nil {
		return e.Address
	}
	return ""
}

// HasPasskey reports whether she can sign in with a passkey alone.
func (u *User) HasPasskey() bool { return u.hasCredential(false) }

// HasSecurityKey reports whether she has a second factor that is a security key.
func (u *User) HasSecurityKey() bool { return u.hasCredential(true) }

func (u *User) hasCredential(mfaOnly bool) bool {
	for _, c := range u.Credentials {
		if c.MFAOnly == mfaOnly {
			return true
		}
	}
	return false
}

// Credential finds a passkey or security key of hers by its id in base64url; nil where she has none of that id.
func (u *User) Credential(id string) *Credential {
	for i := range u.Credentials {
		if u.Credentials[i].ID == id {
			return &u.Credentials[i]
		}
	}
	return nil
}

// At is the address that the identity goes with, or the zero id.
func (i Identity) At() uuid.UUID {
	if i.EmailID == nil {
		return uuid.Nil
	}
	return *i.EmailID
}

// Identity finds an account of hers at a third party; nil where she has none of that id.
func (u *User) Identity(id uuid.UUID) *Identity {
	for i := range u.Identities {
		if u.Identities[i].ID == id {
			return &u.Identities[i]
		}
	}
	return nil
}

// HasIdentity reports whether she has an account at a provider.
func (u *User) HasIdentity(provider string) bool {
	return slices.ContainsFunc(u.Identities, func(i Identity) bool { return i.ProviderID == provider })
}

// RemoveCredential leaves a credential out of what is shown of her. Its own room deletes it.
func (u *User) RemoveCredential(id string) {
	kept := u.Credentials[:0:0]
	for _, c := range u.Credentials {
		if c.ID != id {
			kept = append(kept, c)
		}
	}
	u.Credentials = kept
}
