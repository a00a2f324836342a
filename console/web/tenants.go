package web

import (
	"net/url"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
)

// perPage is how many entries a list shows at once.
const perPage = 50

// tenantList is what the list of tenants shows.
type tenantList struct {
	Tenants []*tenants.Record
	Search  string
	Status  string
	Next    string // the address of the next page; empty where there is none
}

func (s *Server) listTenants(v *visit) error {
	v.Section = "tenants"
	list := tenantList{Search: v.query("q"), Status: v.query("status")}
	filter := tenants.Filter{
		PerPage: perPage, Search: list.Search, Status: tenants.Status(list.Status), Only: v.Who.Where(tenants.TenantsRead), Uncounted: true,
	}
	if after, err := uuid.Parse(v.query("after")); err == nil {
		filter.After = after
	}
	found, err := s.o.Tenants.List(v.ctx(), filter)
	if err != nil {
		return err
	}
	list.Tenants = found.Items
	if found.Next != uuid.Nil {
		list.Next = "/tenants?" + url.Values{"q": {list.Search}, "status": {list.Status}, "after": {found.Next.String()}}.Encode()
	}
	if v.r.Header.Get("HX-Request") != "" {
		return v.part(tenantTable(list))
	}
	return v.show("Tenants", tenantsPage(v, list))
}

// newTenantForm is the form for a new tenant, as it was sent.
type newTenantForm struct {
	Slug, Name string
	Wrong      fieldErrors
}

func (s *Server) newTenant(v *visit) error {
	v.Section = "tenants"
	return v.show("New tenant", newTenantPage(newTenantForm{}))
}

func (s *Server) createTenant(v *visit) error {
	v.Section = "tenants"
	form := newTenantForm{Slug: v.form("slug"), Name: v.form("name")}
	made, err := s.o.Tenants.Create(v.ctx(), v.Who.Actor, tenants.NewTenant{Slug: form.Slug, Name: form.Name})
	if err != nil {
		if form.Wrong, err = fields(err); err != nil {
			return err
		}
		return v.showAs(422, "New tenant", newTenantPage(form))
	}
	return v.done("/t/"+made.ID.String(), "The tenant was made. It serves already.")
}

func (s *Server) overview(v *visit) error {
	v.Section = "overview"
	return v.show(nameOf(v.Tenant), overviewPage(v))
}
