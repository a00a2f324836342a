package user

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
)

// View is what a person sees of herself: in the payloads of flows and at GET /me.
type View struct {
	ID           uuid.UUID        `json:"id" format:"uuid" doc:"Its id."`
	UserID       uuid.UUID        `json:"user_id" format:"uuid" doc:"The user's id."`
	Passkeys     []CredentialView `json:"passkeys,omitempty" doc:"Her passkeys, oldest first."`
	SecurityKeys []CredentialView `json:"security_keys,omitempty" doc:"Her security keys, oldest first."`
	MFA          MFAView          `json:"mfa_config" doc:"Her second factors."`
	Emails       []EmailView      `json:"emails,omitempty" doc:"Her addresses, the primary one first."`
	Username     *UsernameView    `json:"username,omitempty" doc:"The name she signs in with."`
	Metadata     *MetadataView    `json:"metadata,omitempty" doc:"What back ends and she keep about her."`
	Identities   []IdentityView   `json:"identities,omitempty" doc:"Her accounts at third parties."`
	Name         string           `json:"name,omitempty" doc:"Her name."`
	GivenName    string           `json:"given_name,omitempty" doc:"Her given name."`
	FamilyName   string           `json:"family_name,omitempty" doc:"Her family name."`
	Picture      string           `json:"picture,omitempty" doc:"The URL of her picture."`
	CreatedAt    time.Time        `json:"created_at" doc:"When it was made."`
	UpdatedAt    time.Time        `json:"updated_at" doc:"When it was last changed."`
}

// MFAView says which second factors are set up and which the tenant allows.
type MFAView struct {
	AuthAppSetUp        bool `json:"auth_app_set_up" doc:"Whether she has an authenticator app."`
	TOTPEnabled         bool `json:"totp_enabled" doc:"Whether the tenant allows authenticator apps."`
	SecurityKeysEnabled bool `json:"security_keys_enabled" doc:"Whether the tenant allows security keys."`
}

// EmailView shows an address to its owner. Identity is deprecated: the first of Identities.
type EmailView struct {
	ID         uuid.UUID      `json:"id" format:"uuid" doc:"Its id."`
	Address    string         `json:"address" doc:"The address, in lower case."`
	IsVerified bool           `json:"is_verified" doc:"Whether she proved to own it."`
	IsPrimary  bool           `json:"is_primary" doc:"Whether tokens and mails go by it."`
	Identity   *IdentityView  `json:"identity,omitempty" doc:"The first of identities."`
	Identities []IdentityView `json:"identities,omitempty" doc:"Her accounts at third parties."`
}

// UsernameView shows a username.
type UsernameView struct {
	ID        uuid.UUID `json:"id" format:"uuid" doc:"Its id."`
	Username  string    `json:"username" doc:"The name she signs in with."`
	CreatedAt time.Time `json:"created_at" doc:"When it was made."`
	UpdatedAt time.Time `json:"updated_at" doc:"When it was last changed."`
}

// MetadataView shows metadata; PrivateMetadata only to back ends.
type MetadataView struct {
	PublicMetadata  json.RawMessage `json:"public_metadata,omitempty" doc:"What she and back ends may read."`
	PrivateMetadata json.RawMessage `json:"private_metadata,omitempty" doc:"What back ends alone may read."`
	UnsafeMetadata  json.RawMessage `json:"unsafe_metadata,omitempty" doc:"What she may read and write."`
}

// IdentityView shows an account at a third party: ID is the account there.
type IdentityView struct {
	ID         string    `json:"id" doc:"The account at the provider."`
	Provider   string    `json:"provider" doc:"The provider's id."`
	IdentityID uuid.UUID `json:"identity_id" format:"uuid" doc:"The identity's id."`
}

// CredentialView shows a passkey or security key.
type CredentialView struct {
	ID              string     `json:"id" doc:"The credential id, in base64url without padding."`
	Name            string     `json:"name,omitempty" doc:"Its name for people."`
	PublicKey       string     `json:"public_key" doc:"The COSE key, in base64url without padding."`
	AttestationType string     `json:"attestation_type" doc:"The format of the attestation it came with."`
	AAGUID          uuid.UUID  `json:"aaguid" format:"uuid" doc:"The model of the authenticator; all zero where it does not tell."`
	LastUsedAt      *time.Time `json:"last_used_at,omitempty" doc:"When it last signed her in."`
	CreatedAt       time.Time  `json:"created_at" doc:"When it was made."`
	Transports      []string   `json:"transports" doc:"How browsers reach it."`
	BackupEligible  bool       `json:"backup_eligible" doc:"Whether it may be copied to other devices."`
	BackupState     bool       `json:"backup_state" doc:"Whether it is."`
	MFAOnly         bool       `json:"mfa_only" doc:"Whether it is a security key, good as a second factor alone."`
}

// NewView shows a person to herself, as the tenant's settings allow.
func NewView(t *tenants.Tenant, u *User) View {
	cfg := t.Config
	v := View{
		ID:     u.ID,
		UserID: u.ID,
		MFA: MFAView{
			AuthAppSetUp:        u.TOTP != nil,
			TOTPEnabled:         cfg.MFA.Enabled && cfg.MFA.TOTP.Enabled,
			SecurityKeysEnabled: cfg.MFA.Enabled && cfg.MFA.SecurityKeys.Enabled,
		},
		Username:   newUsernameView(u.Username),
		Metadata:   newMetadataView(u.Metadata, false),
		Name:       u.Name,
		GivenName:  u.GivenName,
		FamilyName: u.FamilyName,
		Picture:    u.Picture,
		CreatedAt:  u.CreatedAt,
		UpdatedAt:  u.UpdatedAt,
	}
	for _, c := range u.Credentials {
		switch {
		case c.MFAOnly && cfg.MFA.SecurityKeys.Enabled:
			v.SecurityKeys = append(v.SecurityKeys, newCredentialView(c))
		case !c.MFAOnly && cfg.Passkey.Enabled:
			v.Passkeys = append(v.Passkeys, newCredentialView(c))
		}
	}
	byEmail := map[uuid.UUID][]IdentityView{}
	for _, i := range u.Identities {
		name, ok := i.party(t)
		if !ok {
			continue
		}
		shown := IdentityView{ID: i.Subject, Provider: name, IdentityID: i.ID}
		v.Identities = append(v.Identities, shown)
		if i.EmailID != nil {
			byEmail[*i.EmailID] = append(byEmail[*i.EmailID], shown)
		}
	}
	for _, e := range u.Emails {
		shown := EmailView{ID: e.ID, Address: e.Address, IsVerified: e.IsVerified, IsPrimary: e.IsPrimary, Identities: byEmail[e.ID]}
		if len(shown.Identities) > 0 {
			shown.Identity = &shown.Identities[0]
		}
		v.Emails = append(v.Emails, shown)
	}
	return v
}

func newUsernameView(n *Username) *UsernameView {
	if n == nil {
		return nil
	}
	return &UsernameView{ID: n.ID, Username: n.Name, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt}
}

func newMetadataView(m Metadata, withPrivate bool) *MetadataView {
	v := MetadataView{PublicMetadata: object(m.Public), UnsafeMetadata: object(m.Unsafe)}
	if withPrivate {
		v.PrivateMetadata = object(m.Private)
	}
	if v.PublicMetadata == nil && v.PrivateMetadata == nil && v.UnsafeMetadata == nil {
		return nil
	}
	return &v
}

// object is a metadata text as JSON; unset and {} are both nothing.
func object(text string) json.RawMessage {
	if text == "" || text == "{}" || text == "null" {
		return nil
	}
	return json.RawMessage(text)
}

func newCredentialView(c Credential) CredentialView {
	v := CredentialView{
		ID: c.ID, Name: c.Name, PublicKey: c.PublicKey, AttestationType: c.AttestationType, AAGUID: c.AAGUID,
		LastUsedAt: c.LastUsedAt, CreatedAt: c.CreatedAt, Transports: c.Transports,
		BackupEligible: c.BackupEligible, BackupState: c.BackupState, MFAOnly: c.MFAOnly,
	}
	if v.Transports == nil {
		v.Transports = []string{}
	}
	return v
}
