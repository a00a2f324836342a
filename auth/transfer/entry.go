package transfer

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// An Entry is a person in the file format. Spec: import-export §1.2. The members from Name on are extensions: they may be absent.
type Entry struct {
	UserID              string            `json:"user_id,omitempty"`
	Emails              []EmailEntry      `json:"emails"`
	Username            *string           `json:"username,omitempty"`
	WebauthnCredentials []CredentialEntry `json:"webauthn_credentials,omitempty"`
	Password            *PasswordEntry    `json:"password,omitempty"`
	OTPSecret           *OTPEntry         `json:"otp_secret,omitempty"`
	CreatedAt           *time.Time        `json:"created_at,omitempty"`
	UpdatedAt           *time.Time        `json:"updated_at,omitempty"`

	Name       *string        `json:"name,omitempty"`
	GivenName  *string        `json:"given_name,omitempty"`
	FamilyName *string        `json:"family_name,omitempty"`
	Picture    *string        `json:"picture,omitempty"`
	Metadata   *MetadataEntry `json:"metadata,omitempty"`
	BlockedAt  *time.Time     `json:"blocked_at,omitempty"`
}

// EmailEntry is an address. Spec: import-export §1.3.
type EmailEntry struct {
	Address    string `json:"address"`
	IsPrimary  bool   `json:"is_primary"`
	IsVerified bool   `json:"is_verified"`
}

// CredentialEntry is a passkey or a security key. Spec: import-export §1.4.
type CredentialEntry struct {
	ID              string     `json:"id"`
	Name            *string    `json:"name,omitempty"`
	PublicKey       string     `json:"public_key"`
	AttestationType string     `json:"attestation_type"`
	AAGUID          *uuid.UUID `json:"aaguid,omitempty"`
	SignCount       int64      `json:"sign_count"`
	LastUsedAt      *time.Time `json:"last_used_at,omitempty"`
	CreatedAt       *time.Time `json:"created_at,omitempty"`
	UpdatedAt       *time.Time `json:"updated_at,omitempty"`
	Transports      []string   `json:"transports,omitempty"`
	BackupEligible  *bool      `json:"backup_eligible,omitempty"`
	BackupState     *bool      `json:"backup_state,omitempty"`
	MFAOnly         bool       `json:"mfa_only"`
	UserHandle      *string    `json:"user_handle,omitempty"`
}

// PasswordEntry is the hash of a password. Spec: import-export §1.5.
type PasswordEntry struct {
	Password  string     `json:"password"`
	CreatedAt *time.Time `json:"created_at,omitempty"`
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
}

// OTPEntry is the secret of an authenticator app, in clear. Spec: import-export §1.6.
type OTPEntry struct {
	Secret    string     `json:"secret"`
	CreatedAt *time.Time `json:"created_at,omitempty"`
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
}

// MetadataEntry are the three kinds of metadata, each a JSON object or absent.
type MetadataEntry struct {
	Public  json.RawMessage `json:"public_metadata,omitempty"`
	Private json.RawMessage `json:"private_metadata,omitempty"`
	Unsafe  json.RawMessage `json:"unsafe_metadata,omitempty"`
}
