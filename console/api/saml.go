package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

const tagSAML = "SAML"

// SAMLProvider is a SAML identity provider.
type SAMLProvider struct {
	ID                    uuid.UUID         `json:"id" format:"uuid" doc:"The provider's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
	Name                  string            `json:"name" doc:"What people call it." example:"Shop staff"`
	EntityID              string            `json:"entity_id" doc:"What it calls itself, as its metadata says." example:"https://idp.shop.example/metadata"`
	MetadataURL           string            `json:"metadata_url" doc:"Where its metadata is; empty where that was given by hand." example:"https://idp.shop.example/metadata"`
	MetadataCertificate   string            `json:"metadata_certificate" doc:"What the metadata must be signed with, as PEM; empty where it need not be."`
	Domain                string            `json:"domain" doc:"The domain of the addresses that it signs in." example:"shop.example"`
	Enabled               bool              `json:"enabled" doc:"Whether people may sign in through it." example:"true"`
	SkipEmailVerification bool              `json:"skip_email_verification" doc:"Whether its addresses are taken for verified." example:"true"`
	AttributeMap          map[string]string `json:"attribute_map,omitempty" doc:"Names of attributes in its assertions, where they are not the usual ones."`
	FetchedAt             *time.Time        `json:"metadata_fetched_at" doc:"When its metadata was last read and could be used."`
	RefreshAt             *time.Time        `json:"metadata_refresh_at" doc:"When its metadata is fetched again; null where it was given by hand."`
	RefreshError          string            `json:"metadata_error" doc:"Why the last try to fetch its metadata failed; empty where it did not. What was known stays in use."`
	CreatedAt             time.Time         `json:"created_at" doc:"When it was added." example:"2026-11-29T12:00:00Z"`
	UpdatedAt             time.Time         `json:"updated_at" doc:"When an operator last changed it." example:"2026-11-29T12:00:00Z"`
}

// SAMLAttributes are names of attributes in assertions.
type SAMLAttributes struct {
	Name              string `json:"name,omitempty" doc:"Full name."`
	FamilyName        string `json:"family_name,omitempty" doc:"Family name."`
	GivenName         string `json:"given_name,omitempty" doc:"Given name."`
	MiddleName        string `json:"middle_name,omitempty" doc:"Middle name."`
	Nickname          string `json:"nickname,omitempty" doc:"Nickname."`
	PreferredUsername string `json:"preferred_username,omitempty" doc:"Username wished for."`
	Profile           string `json:"profile,omitempty" doc:"Profile page."`
	Picture           string `json:"picture,omitempty" doc:"Picture."`
	Website           string `json:"website,omitempty" doc:"Web site."`
	Gender            string `json:"gender,omitempty" doc:"Gender."`
	Birthdate         string `json:"birthdate,omitempty" doc:"Date of birth."`
	ZoneInfo          string `json:"zone_info,omitempty" doc:"Time zone."`
	Locale            string `json:"locale,omitempty" doc:"Locale."`
	UpdatedAt         string `json:"updated_at,omitempty" doc:"Time of the last change."`
	Email             string `json:"email,omitempty" doc:"E-mail address." example:"mail"`
	EmailVerified     string `json:"email_verified,omitempty" doc:"Whether the address is verified: the text true."`
	Phone             string `json:"phone,omitempty" doc:"Telephone number."`
	PhoneVerified     string `json:"phone_verified,omitempty" doc:"Whether the number is verified."`
}

// SAMLWish is what a provider is to be.
type SAMLWish struct {
	Name                  string          `json:"name" doc:"What people call it." example:"Shop staff"`
	MetadataURL           string          `json:"metadata_url,omitempty" doc:"Where its metadata is. It is fetched now and then daily." example:"https://idp.shop.example/metadata"`
	MetadataXML           string          `json:"metadata_xml,omitempty" doc:"Instead of metadata_url: the metadata itself. It is never fetched."`
	MetadataCertificate   string          `json:"metadata_certificate,omitempty" doc:"What the metadata must be signed with, as PEM; left out: it need not be signed."`
	Domain                string          `json:"domain" doc:"The domain of the addresses that it signs in. It signs in no others." example:"shop.example"`
	Enabled               bool            `json:"enabled,omitempty" doc:"Whether people may sign in through it." example:"true"`
	SkipEmailVerification bool            `json:"skip_email_verification,omitempty" doc:"Whether its addresses are taken for verified." example:"true"`
	AttributeMap          *SAMLAttributes `json:"attribute_map,omitempty" doc:"Names of attributes in its assertions, where they are not the usual ones."`
}

func (w SAMLWish) domain() saml.Wish {
	wish := saml.Wish{
		Name: w.Name, MetadataURL: w.MetadataURL, MetadataXML: w.MetadataXML, MetadataCertificate: w.MetadataCertificate, Domain: w.Domain,
		Enabled: w.Enabled, SkipEmailVerification: w.SkipEmailVerification,
	}
	if w.AttributeMap != nil {
		wish.AttributeMap = config.AttributeMap(*w.AttributeMap)
	}
	return wish
}

// SAMLProviderPath names a provider of a tenant.
type SAMLProviderPath struct {
	TenantPath
	ProviderID uuid.UUID `path:"provider_id" format:"uuid" doc:"The provider's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
}

type createSAMLInput struct {
	TenantPath
	Body SAMLWish
}

type updateSAMLInput struct {
	SAMLProviderPath
	Body SAMLWish
}

type samlOutput struct {
	Body SAMLProvider
}

type samlsOutput struct {
	Body struct {
		Providers []SAMLProvider `json:"saml_providers" nullable:"false" doc:"The providers, oldest first."`
	}
}

func (a *API) samlOperations() {
	const path, one = "/tenants/{id}/saml/providers", "/tenants/{id}/saml/providers/{provider_id}"
	huma.Register(a.v1, describe(op("create-saml-provider", http.MethodPost, path, tenants.TenantsWrite, tagSAML, "Add a SAML identity provider", 400, 404, 409, 413, 415),
		"People with an address of its domain sign in through it. The tenant must have saml.enabled."), a.createSAML)
	huma.Register(a.v1, op("list-saml-providers", http.MethodGet, path, tenants.TenantsRead, tagSAML, "List SAML identity providers", 400, 404), a.listSAML)
	huma.Register(a.v1, op("get-saml-provider", http.MethodGet, one, tenants.TenantsRead, tagSAML, "Read a SAML identity provider", 400, 404), a.getSAML)
	huma.Register(a.v1, describe(op("update-saml-provider", http.MethodPut, one, tenants.TenantsWrite, tagSAML, "Replace a SAML identity provider", 400, 404, 409, 413, 415),
		"What is left out is as it would be in a new one. The metadata is fetched anew. To let a provider change its entityID, replace it."), a.updateSAML)
	huma.Register(a.v1, describe(op("delete-saml-provider", http.MethodDelete, one, tenants.TenantsWrite, tagSAML, "Delete a SAML identity provider", 400, 404),
		"The links between users and their accounts there go, too. The users stay."), a.deleteSAML)
	a.samlCertificateOperations()
}

func (a *API) createSAML(ctx context.Context, in *createSAMLInput) (*samlOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showSAML(a.o.SAML.Create(ctx, caller(ctx).Actor, in.ID, in.Body.domain()))
}

func (a *API) listSAML(ctx context.Context, in *TenantPath) (*samlsOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	all, err := a.o.SAML.Providers(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &samlsOutput{}
	out.Body.Providers = make([]SAMLProvider, len(all))
	for i, p := range all {
		out.Body.Providers[i] = samlProvider(p)
	}
	return out, nil
}

func (a *API) getSAML(ctx context.Context, in *SAMLProviderPath) (*samlOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showSAML(a.o.SAML.Provider(ctx, in.ID, in.ProviderID))
}

func (a *API) updateSAML(ctx context.Context, in *updateSAMLInput) (*samlOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showSAML(a.o.SAML.Update(ctx, caller(ctx).Actor, in.ID, in.ProviderID, in.Body.domain()))
}

func (a *API) deleteSAML(ctx context.Context, in *SAMLProviderPath) (*struct{}, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, a.o.SAML.Delete(ctx, caller(ctx).Actor, in.ID, in.ProviderID)
}

func showSAML(p saml.Provider, err error) (*samlOutput, error) {
	if err != nil {
		return nil, err
	}
	return &samlOutput{samlProvider(p)}, nil
}

func samlProvider(p saml.Provider) SAMLProvider {
	return SAMLProvider{
		ID: p.ID, Name: p.Name, EntityID: p.EntityID, MetadataURL: p.MetadataURL, MetadataCertificate: p.MetadataCertificate, Domain: p.Domain,
		Enabled: p.Enabled, SkipEmailVerification: p.SkipEmailVerification, AttributeMap: p.AttributeMap,
		FetchedAt: p.FetchedAt, RefreshAt: p.RefreshAt, RefreshError: p.RefreshError, CreatedAt: stamp(p.CreatedAt), UpdatedAt: stamp(p.UpdatedAt),
	}
}
