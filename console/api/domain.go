package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/domains"
)

const tagDomains = "Domains"

// DomainRecord is what has to be in the DNS.
type DomainRecord struct {
	Type  string `json:"type" doc:"Type of the record: TXT." example:"TXT"`
	Name  string `json:"name" doc:"Where it has to be." example:"_latchkeep-challenge.login.shop.example"`
	Value string `json:"value" doc:"What it has to hold." example:"latchkeep-domain-verification=f7l2qk3vw5xo6zp4y2m3n4b5v6"`
}

// Domain is a host name of a tenant's own.
type Domain struct {
	ID          uuid.UUID    `json:"id" format:"uuid" doc:"The domain's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
	Host        string       `json:"host" doc:"The host name, in ASCII." example:"login.shop.example"`
	Status      string       `json:"status" enum:"pending,expired,verified" doc:"pending: the record is looked for. expired: it was looked for for a week; ask for a check when it is there. verified: the tenant is served at the host." example:"pending"`
	Primary     bool         `json:"primary" doc:"Whether the tenant's public URL begins with it." example:"false"`
	Record      DomainRecord `json:"record" doc:"The DNS record that proves that the domain is the tenant's. It has to stay."`
	VerifiedAt  *time.Time   `json:"verified_at" doc:"When the record was first seen; null where it was not." example:"2026-11-29T12:00:00Z"`
	CheckedAt   *time.Time   `json:"checked_at" doc:"When the record was last looked for; null: not yet." example:"2026-11-29T12:00:00Z"`
	NextCheckAt *time.Time   `json:"next_check_at" doc:"When it is looked for again; null where only when asked to." example:"2026-11-29T12:01:00Z"`
	LostAt      *time.Time   `json:"lost_at" doc:"Of a verified domain whose record is missing: when the tenant is no longer served there. Else null." example:"2026-12-02T12:00:00Z"`
	Problem     string       `json:"problem" doc:"What the last check found instead of the record; empty where it is as it should be." example:"there is no TXT record at _latchkeep-challenge.login.shop.example"`
	CreatedAt   time.Time    `json:"created_at" doc:"When it was added." example:"2026-11-29T12:00:00Z"`
}

// DomainPath names a domain of a tenant.
type DomainPath struct {
	TenantPath
	DomainID uuid.UUID `path:"domain_id" format:"uuid" doc:"The domain's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
}

type addDomainInput struct {
	TenantPath
	Body struct {
		Host string `json:"host" doc:"The host name, such as login.shop.example. Letters of all scripts may be used." example:"login.shop.example"`
	}
}

type domainOutput struct {
	Body Domain
}

type domainsOutput struct {
	Body struct {
		Domains []Domain `json:"domains" nullable:"false" doc:"The domains, oldest first."`
	}
}

func (a *API) domainOperations() {
	const path, one = "/tenants/{id}/domains", "/tenants/{id}/domains/{domain_id}"
	huma.Register(a.v1, describe(op("add-domain", http.MethodPost, path, tenants.TenantsWrite, tagDomains, "Add a domain", 400, 404, 409, 413, 415),
		"The answer says which record to put into the DNS. The record is looked for every few minutes at first, then less often, for a week."), a.addDomain)
	huma.Register(a.v1, op("list-domains", http.MethodGet, path, tenants.TenantsRead, tagDomains, "List domains", 400, 404), a.listDomains)
	huma.Register(a.v1, describe(status(op("check-domain", http.MethodPost, one+"/check", tenants.TenantsWrite, tagDomains, "Look for the record of a domain now",
		400, 404), http.StatusOK), "That the record is not there is no error: `problem` tells what was found."), a.checkDomain)
	huma.Register(a.v1, describe(status(op("make-domain-primary", http.MethodPost, one+"/primary", tenants.TenantsWrite, tagDomains, "Make a domain primary",
		400, 404, 409), http.StatusOK), "The tenant's public URL begins with its primary domain. It is the setting `service.primary_domain`; set that to null "+
		"to have none. The relying party, CORS and redirect settings do not follow: see the plan of the relying party."), a.makeDomainPrimary)
	huma.Register(a.v1, op("remove-domain", http.MethodDelete, one, tenants.TenantsWrite, tagDomains, "Remove a domain", 400, 404, 409), a.removeDomain)
}

func (a *API) addDomain(ctx context.Context, in *addDomainInput) (*domainOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showDomain(a.o.Domains.Add(ctx, caller(ctx).Actor, in.ID, in.Body.Host))
}

func (a *API) listDomains(ctx context.Context, in *TenantPath) (*domainsOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	all, err := a.o.Domains.List(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &domainsOutput{}
	out.Body.Domains = make([]Domain, len(all))
	for i, d := range all {
		out.Body.Domains[i] = domainOf(d)
	}
	return out, nil
}

func (a *API) checkDomain(ctx context.Context, in *DomainPath) (*domainOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showDomain(a.o.Domains.Check(ctx, caller(ctx).Actor, in.ID, in.DomainID))
}

func (a *API) makeDomainPrimary(ctx context.Context, in *DomainPath) (*domainOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return showDomain(a.o.Domains.MakePrimary(ctx, caller(ctx).Actor, in.ID, in.DomainID))
}

func (a *API) removeDomain(ctx context.Context, in *DomainPath) (*struct{}, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, a.o.Domains.Remove(ctx, caller(ctx).Actor, in.ID, in.DomainID)
}

func showDomain(d domains.Domain, err error) (*domainOutput, error) {
	if err != nil {
		return nil, err
	}
	return &domainOutput{Body: domainOf(d)}, nil
}

func domainOf(d domains.Domain) Domain {
	return Domain{
		ID: d.ID, Host: d.Host, Status: string(d.Status), Primary: d.Primary, Record: DomainRecord{"TXT", d.RecordName, d.RecordValue},
		VerifiedAt: d.VerifiedAt, CheckedAt: d.CheckedAt, NextCheckAt: d.NextCheckAt, LostAt: d.LostAt, Problem: d.Problem, CreatedAt: stamp(d.CreatedAt),
	}
}
