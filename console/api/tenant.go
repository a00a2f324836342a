package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

const tagTenants = "Tenants"

// TenantSummary is a tenant in lists.
type TenantSummary struct {
	ID            uuid.UUID `json:"id" format:"uuid" doc:"The tenant's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Slug          string    `json:"slug" doc:"DNS label of its public URL." example:"acme"`
	Name          string    `json:"name" doc:"What operators call it." example:"Acme Inc."`
	Status        string    `json:"status" enum:"active,read_only,suspended,deleting" doc:"Whether it serves. A deleted one can be restored for a while." example:"active"`
	StatusReason  string    `json:"status_reason,omitempty" doc:"Why it is suspended or read-only."`
	Origin        string    `json:"origin" enum:"v1,compatible,single,system" doc:"How it was made: decides its defaults." example:"v1"`
	ConfigVersion int       `json:"config_version" doc:"Grows with every change of its configuration." example:"1"`
	PublicURL     string    `json:"public_url" doc:"Base of its public API: what its clients are given." example:"https://acme.auth.example.com"`
	AdminURL      string    `json:"admin_url" doc:"Base of its admin API." example:"https://admin.auth.example.com/019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	CreatedAt     time.Time `json:"created_at" doc:"When it was made." example:"2026-11-24T12:00:00Z"`
	UpdatedAt     time.Time `json:"updated_at" doc:"When it was last changed." example:"2026-11-24T12:00:00Z"`
	Deletion      *Deletion `json:"deletion,omitempty" doc:"Of a deleted tenant: by whom, and until when it can be restored."`
}

// Tenant is a tenant with its configuration.
type Tenant struct {
	TenantSummary
	Config rawjson.Object `json:"config" doc:"The whole configuration, defaults included. Secrets are masked."`
}

type tenantOutput struct {
	ETag     string `header:"ETag" doc:"Entity tag of the configuration, for If-Match."`
	Location string `header:"Location" doc:"Where the tenant is, after it was made."`
	Body     Tenant
}

// TenantPath names a tenant.
type TenantPath struct {
	ID uuid.UUID `path:"id" format:"uuid" doc:"The tenant's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
}

type createInput struct {
	Body struct {
		Slug     string      `json:"slug" doc:"DNS label, not reserved; the tenant is reached under it." example:"acme"`
		Name     string      `json:"name,omitempty" doc:"What operators call it." example:"Acme Inc."`
		ID       *uuid.UUID  `json:"id,omitempty" format:"uuid" doc:"An id of your own choice." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
		Config   rawjson.Any `json:"config,omitempty" doc:"What is to differ from the defaults, or from what it begins with. See GET /config-schema."`
		Template string      `json:"template,omitempty" doc:"A template that its configuration begins with. See GET /tenant-templates." example:"passkey_first"`
		CopyFrom *uuid.UUID  `json:"copy_from,omitempty" format:"uuid" doc:"A tenant whose settings it begins with: configuration with secrets, SAML providers, webhooks; no people, no keys."`
	}
}

type listInput struct {
	Page    int       `query:"page" minimum:"1" default:"1" doc:"The page, from 1."`
	PerPage int       `query:"per_page" minimum:"1" maximum:"100" default:"20" doc:"Tenants on a page."`
	After   uuid.UUID `query:"after" format:"uuid" doc:"Instead of page: what comes after this tenant, as next says. Fast however many there are."`
	Slug    string    `query:"slug" doc:"Only the tenant with this slug."`
	Search  string    `query:"search" maxLength:"255" doc:"Only tenants whose slug or name begins with it, in any case, or whose id it is: by slug, then by name. They are not counted; further pages are had by after."`
	Status  string    `query:"status" enum:"active,read_only,suspended,deleting" doc:"Only tenants with this status. Deleted ones are listed only with deleting."`
}

type listOutput struct {
	Link       string `header:"Link" doc:"First, last, next and previous page (RFC 8288)."`
	TotalCount string `header:"X-Total-Count" doc:"Tenants on all pages; absent with after."`
	Body       struct {
		Tenants []TenantSummary `json:"tenants" nullable:"false" doc:"The tenants, newest first."`
		Total   *int            `json:"total,omitempty" doc:"Tenants on all pages; absent with after." example:"1"`
		Next    *uuid.UUID      `json:"next,omitempty" doc:"To be given as after for the next page; absent on the last."`
	}
}

type editInput struct {
	TenantPath
	Body struct {
		Slug         *string `json:"slug,omitempty" doc:"A new slug. The public URL changes, and passkeys made under the old one may no longer work."`
		Name         *string `json:"name,omitempty" doc:"A new name." example:"Acme Incorporated"`
		Status       *string `json:"status,omitempty" enum:"active,read_only,suspended" doc:"A new status: suspended answers 403 to everybody." example:"suspended"`
		StatusReason *string `json:"status_reason,omitempty" doc:"Why, for other operators." example:"unpaid since May"`
	}
}

func (a *API) tenantOperations() {
	huma.Register(a.v1, describe(op("create-tenant", http.MethodPost, "/tenants", tenants.TenantsWrite, tagTenants, "Create a tenant", 400, 409, 413, 415),
		"The tenant serves as soon as the answer is there. Relying party, allowed origins and URLs derive from its public URL unless the configuration says otherwise."),
		a.createTenant)
	huma.Register(a.v1, op("list-tenants", http.MethodGet, "/tenants", tenants.TenantsRead, tagTenants, "List tenants", 400, 404), a.listTenants)
	huma.Register(a.v1, op("get-tenant", http.MethodGet, "/tenants/{id}", tenants.TenantsRead, tagTenants, "Read a tenant", 400, 404), a.getTenant)
	huma.Register(a.v1, describe(op("edit-tenant", http.MethodPatch, "/tenants/{id}", tenants.TenantsWrite, tagTenants, "Rename, move, suspend a tenant", 400, 404, 409, 413, 415),
		"Members left out stay as they are. The configuration has routes of its own."), a.editTenant)
}

func (a *API) createTenant(ctx context.Context, in *createInput) (*tenantOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	id, err := givenID(in.Body.ID)
	if err != nil {
		return nil, err
	}
	n := tenants.NewTenant{
		ID: id, Slug: in.Body.Slug, Name: in.Body.Name, Config: []byte(in.Body.Config), Origin: tenants.OriginV1, Template: in.Body.Template,
	}
	if in.Body.CopyFrom != nil {
		n.CopyFrom = *in.Body.CopyFrom
	}
	r, err := a.o.Tenants.Create(ctx, caller(ctx).Actor, n)
	if err != nil {
		return nil, err
	}
	out, err := showTenant(r)
	if err == nil {
		out.Location = "/v1/tenants/" + r.ID.String()
	}
	return out, err
}

// givenID is the id somebody chose for a new tenant, or nil.
func givenID(id *uuid.UUID) (uuid.UUID, error) {
	switch {
	case id == nil:
		return uuid.Nil, nil
	case *id == uuid.Nil || *id == uuid.Max:
		return uuid.Nil, problem.Invalid("invalid_tenant", "the tenant is not valid", problem.Field{Path: "id", Reason: "must not be the nil or max UUID"})
	}
	return *id, nil
}

func (a *API) listTenants(ctx context.Context, in *listInput) (*listOutput, error) {
	switch {
	case in.Search != "" && in.Page > 1:
		return nil, problem.Invalid("invalid_request", "the request is not valid", problem.Field{Path: "query.page", Reason: "what is searched for is paged by after"})
	case in.Search != "" && in.Slug != "":
		return nil, problem.Invalid("invalid_request", "the request is not valid", problem.Field{Path: "query.slug", Reason: "does not go with search"})
	}
	page, err := a.o.Tenants.List(ctx, tenants.Filter{
		Page: in.Page, PerPage: in.PerPage, After: in.After, Slug: in.Slug, Search: in.Search, Status: tenants.Status(in.Status), Only: caller(ctx).Where(needed(ctx)),
	})
	if err != nil {
		return nil, err
	}
	out := &listOutput{}
	out.Body.Tenants = make([]TenantSummary, len(page.Items))
	for i, r := range page.Items {
		out.Body.Tenants[i] = summarise(r)
	}
	if page.Total >= 0 {
		out.Body.Total = &page.Total
		out.TotalCount, out.Link = paging.Headers(paging.URL(ctx), in.Page, in.PerPage, page.Total)
	}
	if page.Next != uuid.Nil {
		out.Body.Next = &page.Next
	}
	return out, nil
}

func (a *API) getTenant(ctx context.Context, in *TenantPath) (*tenantOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	r, err := a.o.Tenants.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return showTenant(r)
}

func (a *API) editTenant(ctx context.Context, in *editInput) (*tenantOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	edit := tenants.Edit{Slug: in.Body.Slug, Name: in.Body.Name, StatusReason: in.Body.StatusReason}
	if in.Body.Status != nil {
		status := tenants.Status(*in.Body.Status)
		edit.Status = &status
	}
	r, err := a.o.Tenants.Edit(ctx, caller(ctx).Actor, in.ID, edit)
	if err != nil {
		return nil, err
	}
	return showTenant(r)
}

func summarise(r *tenants.Record) TenantSummary {
	return TenantSummary{
		ID: r.ID, Slug: r.Slug, Name: r.Name, Status: string(r.Status), StatusReason: r.StatusReason, Origin: string(r.Origin),
		ConfigVersion: r.ConfigVersion, PublicURL: r.PublicURL, AdminURL: r.AdminURL, CreatedAt: stamp(r.CreatedAt), UpdatedAt: stamp(r.UpdatedAt),
		Deletion: showDeletion(r.Deletion),
	}
}

func showTenant(r *tenants.Record) (*tenantOutput, error) {
	config, err := rawjson.Encode(r.Config)
	if err != nil {
		return nil, err
	}
	return &tenantOutput{ETag: etag(r.ConfigVersion), Body: Tenant{summarise(r), config}}, nil
}
