package web

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/template"
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
	Template   string // of tenants/template; empty: the defaults
	CopyFrom   string // the id of a tenant, in place of a template
	Wrong      fieldErrors
}

// templates are what a new tenant can begin with.
func templates() []option {
	list := []option{{Value: "", Label: "The defaults", Hint: "Passkeys, passwords and codes by mail."}}
	for _, t := range template.List() {
		list = append(list, option{Value: t.Name, Label: t.Title, Hint: t.Description})
	}
	return list
}

func (s *Server) newTenant(v *visit) error {
	v.Section = "tenants"
	return v.show("New tenant", newTenantPage(newTenantForm{}))
}

func (s *Server) createTenant(v *visit) error {
	v.Section = "tenants"
	form := newTenantForm{Slug: v.form("slug"), Name: v.form("name"), Template: v.form("template"), CopyFrom: v.form("copy_from")}
	n := tenants.NewTenant{Slug: form.Slug, Name: form.Name, Template: form.Template}
	if form.CopyFrom != "" {
		id, err := uuid.Parse(form.CopyFrom)
		if err != nil || !v.Who.May(tenants.TenantsRead, id) {
			form.Wrong = fieldErrors{"copy_from": "is not the id of a tenant"}
			return v.showAs(http.StatusUnprocessableEntity, "New tenant", newTenantPage(form))
		}
		n.CopyFrom, n.Template = id, ""
	}
	made, err := s.o.Tenants.Create(v.ctx(), v.Who.Actor, n)
	if err != nil {
		if form.Wrong, err = fields(err); err != nil {
			return err
		}
		return v.showAs(http.StatusUnprocessableEntity, "New tenant", newTenantPage(form))
	}
	return v.done("/t/"+made.ID.String(), "The tenant was made. It serves already.")
}

func (s *Server) overview(v *visit) error {
	v.Section = "overview"
	return v.show(nameOf(v.Tenant), overviewPage(v, lifecycleForm{Name: v.Tenant.Name, Slug: v.Tenant.Slug, Reason: v.Tenant.StatusReason}))
}

// lifecycleForm is what the overview's forms had, where something was wrong with them.
type lifecycleForm struct {
	Name, Slug, Reason string
	Wrong              fieldErrors
}

func (s *Server) overviewAgain(v *visit, form lifecycleForm) error {
	v.Section = "overview"
	return v.showAs(http.StatusUnprocessableEntity, nameOf(v.Tenant), overviewPage(v, form))
}

// renameTenant gives a tenant another name or slug.
func (s *Server) renameTenant(v *visit) error {
	form := lifecycleForm{Name: v.form("name"), Slug: v.form("slug"), Reason: v.Tenant.StatusReason}
	edit := tenants.Edit{Name: &form.Name}
	if form.Slug != "" && form.Slug != v.Tenant.Slug {
		edit.Slug = &form.Slug
	}
	return s.edit(v, form, edit, "Saved.")
}

// setStatus suspends a tenant, makes it read-only, or lets it work again.
func (s *Server) setStatus(v *visit) error {
	form := lifecycleForm{Name: v.Tenant.Name, Slug: v.Tenant.Slug, Reason: v.form("reason")}
	status := tenants.Status(v.form("status"))
	done := map[tenants.Status]string{
		tenants.StatusActive:    "The tenant works again.",
		tenants.StatusReadOnly:  "People sign in, and nothing changes.",
		tenants.StatusSuspended: "Nobody signs in any more. All data is kept.",
	}
	return s.edit(v, form, tenants.Edit{Status: &status, StatusReason: &form.Reason}, done[status])
}

func (s *Server) edit(v *visit, form lifecycleForm, edit tenants.Edit, message string) error {
	if _, err := s.o.Tenants.Edit(v.ctx(), v.Who.Actor, v.Tenant.ID, edit); err != nil {
		if form.Wrong, err = fields(err); err != nil {
			return err
		}
		return s.overviewAgain(v, form)
	}
	return v.done("/t/"+v.Tenant.ID.String(), message)
}

// deleteTenant ends a tenant whose slug was typed.
func (s *Server) deleteTenant(v *visit) error {
	if v.form("confirm") != v.Tenant.Slug {
		return s.overviewAgain(v, lifecycleForm{
			Name: v.Tenant.Name, Slug: v.Tenant.Slug, Reason: v.Tenant.StatusReason, Wrong: fieldErrors{"confirm": "must be the slug of the tenant"},
		})
	}
	if err := s.o.Tenants.Delete(v.ctx(), v.Who.Actor, v.Tenant.ID); err != nil {
		return err
	}
	return v.done("/tenants", nameOf(v.Tenant)+" was deleted.")
}

// deletedTenants lists tenants that can be restored.
func (s *Server) deletedTenants(v *visit) error { return s.showDeleted(v, http.StatusOK, purgeForm{}) }

func (s *Server) showDeleted(v *visit, status int, form purgeForm) error {
	v.Section = "tenants"
	filter := tenants.Filter{PerPage: perPage, Status: tenants.StatusDeleting, Only: v.Who.Where(tenants.TenantsRead), Uncounted: true}
	if after, err := uuid.Parse(v.query("after")); err == nil {
		filter.After = after
	}
	found, err := s.o.Tenants.List(v.ctx(), filter)
	if err != nil {
		return err
	}
	next := ""
	if found.Next != uuid.Nil {
		next = "/tenants/deleted?after=" + found.Next.String()
	}
	return v.showAs(status, "Deleted tenants", deletedPage(v, found.Items, next, form))
}

// restoreTenant takes back a deletion.
func (s *Server) restoreTenant(v *visit) error {
	id, err := v.id("deleted")
	if err != nil || !v.Who.May(tenants.TenantsWrite, id) {
		return tenants.ErrNotFound
	}
	r, err := s.o.Tenants.Restore(v.ctx(), v.Who.Actor, id)
	if err != nil {
		return err
	}
	return v.done("/t/"+r.ID.String(), "The tenant is back. Its people sign in again; sessions from before have ended.")
}
