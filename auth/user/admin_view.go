package user

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/tenants"
)

// AdminView is what back ends see of a person: in the admin API and in webhooks. IPAddress and UserAgent are those of the request that
// caused a webhook.
type AdminView struct {
	ID                  uuid.UUID           `json:"id"`
	WebauthnCredentials []CredentialView    `json:"webauthn_credentials,omitempty"`
	Emails              []AdminEmailView    `json:"emails,omitempty"`
	Username            *UsernameView       `json:"username,omitempty"`
	Password            *PasswordView       `json:"password,omitempty"`
	OTP                 *OTPView            `json:"otp,omitempty"`
	Identities          []AdminIdentityView `json:"identities,omitempty"`
	Metadata            *MetadataView       `json:"metadata,omitempty"`
	Name                string              `json:"name,omitempty"`
	GivenName           string              `json:"given_name,omitempty"`
	FamilyName          string              `json:"family_name,omitempty"`
	Picture             string              `json:"picture,omitempty"`
	IPAddress           string              `json:"ip_address,omitempty"`
	UserAgent           string              `json:"user_agent,omitempty"`
	BlockedAt           *time.Time          `json:"blocked_at,omitempty"`
	CreatedAt           time.Time           `json:"created_at"`
	UpdatedAt           time.Time           `json:"updated_at"`
}

// AdminEmailView shows an address to a back end.
type AdminEmailView struct {
	ID         uuid.UUID `json:"id"`
	Address    string    `json:"address"`
	IsVerified bool      `json:"is_verified"`
	IsPrimary  bool      `json:"is_primary"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// PasswordView says that a password exists.
type PasswordView struct {
	ID        uuid.UUID `json:"id"`
	TenantID  uuid.UUID `json:"tenant_id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// OTPView says that a TOTP secret exists.
type OTPView struct {
	ID        uuid.UUID `json:"id"`
	CreatedAt time.Time `json:"created_at"`
}

// AdminIdentityView shows an account at a third party: ProviderID is the account there, ProviderName the provider's id.
type AdminIdentityView struct {
	ID           uuid.UUID  `json:"id"`
	ProviderID   string     `json:"provider_id"`
	ProviderName string     `json:"provider_name"`
	EmailID      *uuid.UUID `json:"email_id" nullable:"true"`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
}

// NewAdminView shows a person to a back end.
func NewAdminView(t *tenants.Tenant, u *User) AdminView {
	v := AdminView{
		ID:       u.ID,
		Username: newUsernameView(u.Username),
		Metadata: newMetadataView(u.Metadata, true),
		Name:     u.Name, GivenName: u.GivenName, FamilyName: u.FamilyName, Picture: u.Picture,
		BlockedAt: u.BlockedAt,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt,
	}
	for _, c := range u.Credentials {
		v.WebauthnCredentials = append(v.WebauthnCredentials, newCredentialView(c))
	}
	for _, e := range u.Emails {
		v.Emails = append(v.Emails, AdminEmailView(e))
	}
	if p := u.Password; p != nil {
		shown := NewPasswordView(t, *p)
		v.Password = &shown
	}
	if o := u.TOTP; o != nil {
		v.OTP = &OTPView{ID: o.ID, CreatedAt: o.CreatedAt}
	}
	for _, i := range u.Identities {
		v.Identities = append(v.Identities, AdminIdentityView{
			ID: i.ID, ProviderID: i.Subject, ProviderName: i.ProviderID, EmailID: i.EmailID, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
		})
	}
	return v
}

// NewMetadataView shows all of a person's metadata to a back end; nil where there is none.
func NewMetadataView(m Metadata) *MetadataView { return newMetadataView(m, true) }

// NewCredentialView shows a passkey or security key.
func NewCredentialView(c Credential) CredentialView { return newCredentialView(c) }

// NewPasswordView says that a password exists.
func NewPasswordView(t *tenants.Tenant, p Secret) PasswordView {
	return PasswordView{ID: p.ID, TenantID: t.ID, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
}

// From adds who caused the event that shows the person.
func (v AdminView) From(c auth.Client) AdminView {
	if c.IP.IsValid() {
		v.IPAddress = c.IP.String()
	}
	v.UserAgent = c.UserAgent
	return v
}

// ETag is the entity tag of what is shown: it changes when anything of it does, also what has no time of its own.
func (v AdminView) ETag() string {
	shown, err := json.Marshal(v)
	if err != nil { // metadata that is no JSON cannot be shown, either
		return ""
	}
	sum := sha256.Sum256(shown)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`
}
