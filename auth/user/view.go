package user

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
)

// View is what a person sees of herself: in the payloads of flows and at GET /me.
type View struct {
	ID           uuid.UUID        `json:"id"`
	UserID       uuid.UUID        `json:"user_id"`
	Passkeys     []CredentialView `json:"passkeys,omitempty"`
	SecurityKeys []CredentialView `json:"security_keys,omitempty"`
	MFA          MFAView          `json:"mfa_config"`
	Emails       []EmailView      `json:"emails,omitempty"`
	Username     *UsernameView    `json:"username,omitempty"`
	Metadata     *MetadataView    `json:"metadata,omitempty"`
	Identities   []IdentityView   `json:"identities,omitempty"`
	Name         string           `json:"name,omitempty"`
	GivenName    string           `json:"given_name,omitempty"`
	FamilyName   string           `json:"family_name,omitempty"`
	Picture      string           `json:"picture,omitempty"`
	CreatedAt    time.Time        `json:"created_at"`
	UpdatedAt    time.Time        `json:"updated_at"`
}

// MFAView says which second factors are set up and which the tenant allows.
type MFAView struct {
	AuthAppSetUp        bool `json:"auth_app_set_up"`
	TOTPEnabled         bool `json:"totp_enabled"`
	SecurityKeysEnabled bool `json:"security_keys_enabled"`
}

// EmailView shows an address to its owner. Identity is deprecated: the first of Identities.
type EmailView struct {
	ID         uuid.UUID      `json:"id"`
	Address    string         `json:"address"`
	IsVerified bool           `json:"is_verified"`
	IsPrimary  bool           `json:"is_primary"`
	Identity   *IdentityView  `json:"identity,omitempty"`
	Identities []IdentityView `json:"identities,omitempty"`
}

// UsernameView shows a username.
type UsernameView struct {
	ID        uuid.UUID `json:"id"`
	Username  string    `json:"username"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// MetadataView shows metadata; PrivateMetadata only to back ends.
type MetadataView struct {
	PublicMetadata  json.RawMessage `json:"public_metadata,omitempty"`
	PrivateMetadata json.RawMessage `json:"private_metadata,omitempty"`
	UnsafeMetadata  json.RawMessage `json:"unsafe_metadata,omitempty"`
}

// IdentityView shows an account at a third party: ID is the account there.
type IdentityView struct {
	ID         string    `json:"id"`
	Provider   string    `json:"provider"`
	IdentityID uuid.UUID `json:"identity_id"`
}

// CredentialView shows a passkey or security key.
type CredentialView struct {
	ID              string     `json:"id"`
	Name            string     `json:"name,omitempty"`
	PublicKey       string     `json:"public_key"`
	AttestationType string     `json:"attestation_type"`
	AAGUID          uuid.UUID  `json:"aaguid"`
	LastUsedAt      *time.Time `json:"last_used_at,omitempty"`
	CreatedAt       time.Time  `json:"created_at"`
	Transports      []string   `json:"transports"`
	BackupEligible  bool       `json:"backup_eligible"`
	BackupState     bool       `json:"backup_state"`
	MFAOnly         bool       `json:"mfa_only"`
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
		name, ok := providerName(t, i.ProviderID)
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
