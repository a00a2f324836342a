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
	ID                  uuid.UUID           `json:"id" format:"uuid" doc:"The user's id."`
	WebauthnCredentials []CredentialView    `json:"webauthn_credentials,omitempty" doc:"Her passkeys and security keys, oldest first."`
	Emails              []AdminEmailView    `json:"emails,omitempty" doc:"Her addresses, the primary one first."`
	Username            *UsernameView       `json:"username,omitempty" doc:"The name she signs in with."`
	Password            *PasswordView       `json:"password,omitempty" doc:"That she has a password."`
	OTP                 *OTPView            `json:"otp,omitempty" doc:"That she has an authenticator app."`
	Identities          []AdminIdentityView `json:"identities,omitempty" doc:"Her accounts at third parties."`
	Metadata            *MetadataView       `json:"metadata,omitempty" doc:"What back ends and she keep about her."`
	Name                string              `json:"name,omitempty" doc:"Her name."`
	GivenName           string              `json:"given_name,omitempty" doc:"Her given name."`
	FamilyName          string              `json:"family_name,omitempty" doc:"Her family name."`
	Picture             string              `json:"picture,omitempty" doc:"The URL of her picture."`
	IPAddress           string              `json:"ip_address,omitempty" doc:"Where it was asked for from."`
	UserAgent           string              `json:"user_agent,omitempty" doc:"The browser that asked."`
	BlockedAt           *time.Time          `json:"blocked_at,omitempty" doc:"Since when she is blocked: she cannot sign in."`
	CreatedAt           time.Time           `json:"created_at" doc:"When it was made."`
	UpdatedAt           time.Time           `json:"updated_at" doc:"When it was last changed."`
}

// AdminEmailView shows an address to a back end.
type AdminEmailView struct {
	ID         uuid.UUID `json:"id" format:"uuid" doc:"Its id."`
	Address    string    `json:"address" doc:"The address, in lower case."`
	IsVerified bool      `json:"is_verified" doc:"Whether she proved to own it."`
	IsPrimary  bool      `json:"is_primary" doc:"Whether tokens and mails go by it."`
	CreatedAt  time.Time `json:"created_at" doc:"When it was made."`
	UpdatedAt  time.Time `json:"updated_at" doc:"When it was last changed."`
}

// PasswordView says that a password exists.
type PasswordView struct {
	ID        uuid.UUID `json:"id" format:"uuid" doc:"Its id."`
	TenantID  uuid.UUID `json:"tenant_id" format:"uuid" doc:"The tenant's id."`
	CreatedAt time.Time `json:"created_at" doc:"When it was made."`
	UpdatedAt time.Time `json:"updated_at" doc:"When it was last changed."`
}

// OTPView says that a TOTP secret exists.
type OTPView struct {
	ID        uuid.UUID `json:"id" format:"uuid" doc:"Its id."`
	CreatedAt time.Time `json:"created_at" doc:"When it was made."`
}

// AdminIdentityView shows an account at a third party: ProviderID is the account there, ProviderName the provider's id.
type AdminIdentityView struct {
	ID           uuid.UUID  `json:"id" format:"uuid" doc:"Its id."`
	ProviderID   string     `json:"provider_id" doc:"The account at the provider."`
	ProviderName string     `json:"provider_name" doc:"The provider's id: google, custom_…, a SAML issuer."`
	EmailID      *uuid.UUID `json:"email_id" format:"uuid" nullable:"true" doc:"The address it came with; null where there is none."`
	CreatedAt    time.Time  `json:"created_at" doc:"When it was made."`
	UpdatedAt    time.Time  `json:"updated_at" doc:"When it was last changed."`
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
