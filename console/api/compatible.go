package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// compatiblePrefix begins the ids of the compatible operations.
const compatiblePrefix = "compatible-"

// maxPerPage caps how many tenants one page can have; the links carry the number used.
const maxPerPage = 1000

// compatibleTenant is a tenant as Hanko's management API shows it. Spec: rest-admin §7.1.
type compatibleTenant struct {
	ID        uuid.UUID      `json:"id" format:"uuid" doc:"The tenant's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Config    rawjson.Object `json:"config" doc:"The whole configuration, defaults included. Secrets are masked; sent back masked they stay."`
	CreatedAt time.Time      `json:"created_at" doc:"When it was made." example:"2026-11-24T12:00:00Z"`
	UpdatedAt time.Time      `json:"updated_at" doc:"When it was last changed." example:"2026-11-24T12:00:00Z"`
}

type compatibleOutput struct {
	Body compatibleTenant
}

type compatibleCreateInput struct {
	Body struct {
		_      struct{}    `additionalProperties:"true"`
		ID     uuid.UUID   `json:"id" format:"uuid" doc:"The tenant's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
		Config rawjson.Any `json:"config" doc:"What is to differ from the defaults; null is nothing."`
	}
}

type compatibleUpdateInput struct {
	TenantPath
	Body struct {
		_      struct{}    `additionalProperties:"true"`
		Config rawjson.Any `json:"config" doc:"What is to differ from the defaults; null is nothing."`
	}
}

type compatibleListInput struct {
	Page    int `query:"page" default:"1" doc:"The page, from 1."`
	PerPage int `query:"per_page" default:"20" doc:"Tenants on a page, at most 1000."`
}

type compatibleListOutput struct {
	Link       string `header:"Link" doc:"First, last, next and previous page (RFC 8288)."`
	TotalCount string `header:"X-Total-Count" doc:"Tenants on all pages."`
	Body       []compatibleTenant
}

func (a *API) compatibleOperations() {
	op := func(id, method, path, scope, summary string, statuses ...int) huma.Operation {
		return op(compatiblePrefix+id, method, path, scope, tagTenants, summary, statuses...)
	}
	huma.Register(a.compatible, op("create-tenant", http.MethodPost, "/tenants", tenants.TenantsWrite, "Create a tenant", 400, 409, 413, 415), a.compatibleCreate)
	huma.Register(a.compatible, op("list-tenants", http.MethodGet, "/tenants", tenants.TenantsRead, "List tenants", 400), a.compatibleList)
	huma.Register(a.compatible, op("get-tenant", http.MethodGet, "/tenants/{id}", tenants.TenantsRead, "Read a tenant", 400, 404), a.compatibleGet)
	huma.Register(a.compatible, op("update-tenant", http.MethodPut, "/tenants/{id}", tenants.TenantsWrite, "Replace a tenant's configuration", 400, 404, 409, 413, 415),
		a.compatibleUpdate)
	huma.Register(a.compatible, op("delete-tenant", http.MethodDelete, "/tenants/{id}", tenants.TenantsWrite, "Delete a tenant", 400, 404), a.deleteCompatible)
}

func (a *API) compatibleCreate(ctx context.Context, in *compatibleCreateInput) (*compatibleOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	id, err := givenID(&in.Body.ID)
	if err != nil {
		return nil, err
	}
	r, err := a.o.Tenants.Create(ctx, caller(ctx).Actor, tenants.NewTenant{ID: id, Config: []byte(in.Body.Config), Origin: tenants.OriginCompatible})
	return showCompatible(r, err)
}

func (a *API) compatibleList(ctx context.Context, in *compatibleListInput) (*compatibleListOutput, error) {
	page, perPage := in.Page, in.PerPage
	if page < 1 {
		page = 1
	}
	if perPage < 1 {
		perPage = 20
	}
	perPage = min(perPage, maxPerPage)
	list, err := a.o.Tenants.List(ctx, tenants.Filter{Page: page, PerPage: perPage, Only: caller(ctx).Where(needed(ctx))})
	if err != nil {
		return nil, err
	}
	out := &compatibleListOutput{Body: make([]compatibleTenant, len(list.Items))}
	out.TotalCount, out.Link = paging.Headers(paging.URL(ctx), page, perPage, list.Total)
	for i, r := range list.Items {
		one, err := showCompatible(r, nil)
		if err != nil {
			return nil, err
		}
		out.Body[i] = one.Body
	}
	return out, nil
}

func (a *API) compatibleGet(ctx context.Context, in *TenantPath) (*compatibleOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showCompatible(a.o.Tenants.Get(ctx, in.ID))
}

func (a *API) compatibleUpdate(ctx context.Context, in *compatibleUpdateInput) (*compatibleOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	r, err := a.o.Tenants.ReplaceConfig(ctx, in.ID, []byte(in.Body.Config), tenants.How{By: caller(ctx).Actor})
	if err != nil {
		return nil, err
	}
	return showCompatible(r.Record, nil)
}

func showCompatible(r *tenants.Record, err error) (*compatibleOutput, error) {
	if err != nil {
		return nil, err
	}
	whole, err := config.MarshalCompatible(*r.Config)
	if err != nil {
		return nil, err
	}
	return &compatibleOutput{compatibleTenant{r.ID, whole, stamp(r.CreatedAt), stamp(r.UpdatedAt)}}, nil
}

// deleteCompatible deletes a tenant that exists; one deleted before is not found. Spec: rest-admin.
func (a *API) deleteCompatible(ctx context.Context, in *TenantPath) (*struct{}, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, a.o.Tenants.Delete(ctx, caller(ctx).Actor, in.ID)
}
