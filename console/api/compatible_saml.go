package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/tenants"
)

// compatibleSAML is a SAML identity provider as Hanko's management API shows it. Spec: rest-admin §7.3.
type compatibleSAML struct {
	ID                    uuid.UUID         `json:"id" format:"uuid" doc:"The provider's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
	TenantID              uuid.UUID         `json:"tenant_id" format:"uuid" doc:"The tenant's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Name                  string            `json:"name" doc:"What people call it." example:"Shop staff"`
	EntityID              string            `json:"entity_id" doc:"What it calls itself, as its metadata says." example:"https://idp.shop.example/metadata"`
	MetadataURL           string            `json:"metadata_url" doc:"Where its metadata is." example:"https://idp.shop.example/metadata"`
	Domain                string            `json:"domain" doc:"The domain of the addresses that it signs in." example:"shop.example"`
	Enabled               bool              `json:"enabled" doc:"Whether people may sign in through it." example:"true"`
	SkipEmailVerification bool              `json:"skip_email_verification" doc:"Whether its addresses are taken for verified." example:"true"`
	AttributeMap          map[string]string `json:"attribute_map,omitempty" doc:"Names of attributes in its assertions, where they are not the usual ones."`
	CreatedAt             time.Time         `json:"created_at" doc:"When it was added, to the second." example:"2026-11-29T12:00:00Z"`
	UpdatedAt             time.Time         `json:"updated_at" doc:"When it was last changed, to the second." example:"2026-11-29T12:00:00Z"`
}

type compatibleSAMLBody struct {
	_ struct{} `additionalProperties:"true"`
	SAMLWish
}

type compatibleCreateSAMLInput struct {
	TenantPath
	Body compatibleSAMLBody
}

type compatibleUpdateSAMLInput struct {
	SAMLProviderPath
	Body compatibleSAMLBody
}

type compatibleSAMLOutput struct {
	Body compatibleSAML
}

type compatibleSAMLsOutput struct {
	Body []compatibleSAML `nullable:"false"`
}

func (a *API) compatibleSAMLOperations() {
	op := func(id, method, path, scope, summary string, statuses ...int) huma.Operation {
		return op(compatiblePrefix+id, method, path, scope, tagSAML, summary, statuses...)
	}
	const path, one = "/tenants/{id}/saml/providers", "/tenants/{id}/saml/providers/{provider_id}"
	huma.Register(a.compatible, op("create-saml-provider", http.MethodPost, path, tenants.TenantsWrite, "Add a SAML identity provider", 400, 404, 409, 413, 415),
		a.compatibleCreateSAML)
	huma.Register(a.compatible, op("list-saml-providers", http.MethodGet, path, tenants.TenantsRead, "List SAML identity providers", 400, 404), a.compatibleListSAML)
	huma.Register(a.compatible, op("get-saml-provider", http.MethodGet, one, tenants.TenantsRead, "Read a SAML identity provider", 400, 404), a.compatibleGetSAML)
	huma.Register(a.compatible, op("update-saml-provider", http.MethodPut, one, tenants.TenantsWrite, "Replace a SAML identity provider", 400, 404, 409, 413, 415),
		a.compatibleUpdateSAML)
	huma.Register(a.compatible, op("delete-saml-provider", http.MethodDelete, one, tenants.TenantsWrite, "Delete a SAML identity provider", 400, 404), a.deleteSAML)
}

func (a *API) compatibleCreateSAML(ctx context.Context, in *compatibleCreateSAMLInput) (*compatibleSAMLOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showCompatibleSAML(a.o.SAML.Create(ctx, caller(ctx).Actor, in.ID, in.Body.domain()))
}

func (a *API) compatibleListSAML(ctx context.Context, in *TenantPath) (*compatibleSAMLsOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	all, err := a.o.SAML.Providers(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &compatibleSAMLsOutput{make([]compatibleSAML, len(all))}
	for i, p := range all {
		out.Body[i] = compatibleProvider(p)
	}
	return out, nil
}

func (a *API) compatibleGetSAML(ctx context.Context, in *SAMLProviderPath) (*compatibleSAMLOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showCompatibleSAML(a.o.SAML.Provider(ctx, in.ID, in.ProviderID))
}

func (a *API) compatibleUpdateSAML(ctx context.Context, in *compatibleUpdateSAMLInput) (*compatibleSAMLOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showCompatibleSAML(a.o.SAML.Update(ctx, caller(ctx).Actor, in.ID, in.ProviderID, in.Body.domain()))
}

func showCompatibleSAML(p saml.Provider, err error) (*compatibleSAMLOutput, error) {
	if err != nil {
		return nil, err
	}
	return &compatibleSAMLOutput{compatibleProvider(p)}, nil
}

func compatibleProvider(p saml.Provider) compatibleSAML {
	second := func(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
	return compatibleSAML{
		p.ID, p.TenantID, p.Name, p.EntityID, p.MetadataURL, p.Domain, p.Enabled, p.SkipEmailVerification, p.AttributeMap,
		second(p.CreatedAt), second(p.UpdatedAt),
	}
}
