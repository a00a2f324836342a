package web

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/console/upload"
	"github.com/latchkeep/latchkeep/tenants"
)

func (s *Server) bundleRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/tenants/import", Scope: tenants.TenantsWrite, handle: s.newImport},
		{Method: http.MethodPost, Pattern: "/tenants/import", Scope: tenants.TenantsWrite, Large: true, handle: s.importTenant},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/export", Scope: tenants.CredentialsExport, handle: s.newExport},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/export", Scope: tenants.CredentialsExport, handle: s.exportTenant},
	}
}

// exportForm is the form for an export, as it was sent. A passphrase is not sent back.
type exportForm struct {
	Recipient string
	Wrong     fieldErrors
}

func (s *Server) newExport(v *visit) error {
	v.Section = "overview"
	return v.show("Export", exportPage(v, exportForm{}))
}

// exportTenant sends the bundle. Where that fails midway, the connection is broken off, so that nobody takes a part for the whole.
func (s *Server) exportTenant(v *visit) error {
	v.Section = "overview"
	form := exportForm{Recipient: v.form("recipient")}
	o := bundle.ExportOptions{Lock: bundle.Lock{Passphrase: v.r.PostFormValue("passphrase")}, WithoutAudit: v.form("without_audit") != ""}
	if form.Recipient != "" {
		o.Recipients = strings.Fields(form.Recipient)
	}
	export, err := s.o.Bundles.Prepare(v.ctx(), v.Tenant.ID, o)
	if err != nil {
		if form.Wrong, err = fields(err); err != nil {
			return err
		}
		return v.showAs(http.StatusUnprocessableEntity, "Export", exportPage(v, form))
	}
	upload.Extend(v.w)
	v.w.Header().Set("Content-Type", bundle.MediaType)
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+export.Name()+`"`)
	if _, err := export.Write(v.ctx(), v.Who.Actor, v.w); err != nil {
		s.o.Log.WarnContext(v.ctx(), "an export was broken off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// importForm is the form for an import, as it was sent, but for secrets and the file.
type importForm struct {
	Slug  string
	Keep  bool
	Wrong fieldErrors
}

func (s *Server) newImport(v *visit) error {
	v.Section = "tenants"
	return v.show("Import a tenant", importPage(importForm{}))
}

func (s *Server) importTenant(v *visit) error {
	v.Section = "tenants"
	o, from, err := upload.Read(v.w, v.r, s.o.MaxImport)
	var done *bundle.Imported
	if err == nil {
		done, err = s.o.Bundles.Import(v.ctx(), v.Who.Actor, from, o)
	}
	if err != nil {
		form := importForm{Slug: o.Slug, Keep: o.KeepRelyingParty}
		if form.Wrong, err = importProblems(upload.Error(err)); err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, v.r.Body) // browsers read no answer before they have sent all
		return v.showAs(http.StatusUnprocessableEntity, "Import a tenant", importPage(form))
	}
	return v.done("/t/"+done.Tenant.ID.String(), imported(done))
}

// importProblems are what is wrong with an import: what belongs to no field of the form is said above it.
func importProblems(err error) (fieldErrors, error) {
	wrong, err := fields(err)
	if err != nil {
		return nil, err
	}
	for path, reason := range wrong {
		switch path {
		case "", "identity", "passphrase", "slug", "bundle":
		default:
			delete(wrong, path)
			if wrong[""] == "" {
				wrong[""] = sentence("the bundle cannot be imported: " + path + " " + reason)
			}
		}
	}
	return wrong, nil
}

// imported says what came of an import.
func imported(done *bundle.Imported) string {
	if !done.Created {
		return "The tenant was imported from this bundle before. Nothing was changed."
	}
	text := fmt.Sprintf("The tenant was imported with %d people.", done.Rows["users"])
	if b := done.Plan.Broken; done.Plan.Breaks && b.Passkeys+b.SecurityKeys > 0 {
		text += fmt.Sprintf(" %d passkeys and %d security keys were made for %s and do not work here: see its relying party.",
			b.Passkeys, b.SecurityKeys, done.Plan.From.ID)
	}
	if done.Domains > 0 {
		text += fmt.Sprintf(" %d domains are to be verified anew.", done.Domains)
	}
	return text
}

// moves reports whether the tenant of the page can be exported by the visitor.
func (v *visit) moves() bool {
	return v.Tenant.Origin != tenants.OriginSystem && v.Tenant.Origin != tenants.OriginSingle && v.May(tenants.CredentialsExport)
}
