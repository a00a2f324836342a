package web

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/tenants"
)

// samlView is what the page of a tenant's identity providers shows.
type samlView struct {
	Providers    []saml.Provider
	Certificates []saml.Certificate
	Form         samlForm
}

// A samlForm is what a provider is to be, as it was typed.
type samlForm struct {
	Wish saml.Wish
	// ID is the provider that is changed; none for a new one.
	ID    uuid.UUID
	Wrong fieldErrors
	// Given says that the metadata of the provider was given by hand, so that it need not be given again.
	Given bool
}

func (s *Server) samlRoutes() []Route {
	const all, one = "/t/{tenant}/saml", "/t/{tenant}/saml/{provider}"
	return []Route{
		{Method: http.MethodGet, Pattern: all, Scope: tenants.TenantsRead, handle: s.samlProviders},
		{Method: http.MethodPost, Pattern: all, Scope: tenants.TenantsWrite, handle: s.withSAML(s.addSAML)},
		{Method: http.MethodGet, Pattern: one, Scope: tenants.TenantsRead, handle: s.withSAML(s.samlProvider)},
		{Method: http.MethodPost, Pattern: one, Scope: tenants.TenantsWrite, handle: s.withSAML(s.changeSAML)},
		{Method: http.MethodPost, Pattern: one + "/enable", Scope: tenants.TenantsWrite, handle: s.withSAML(s.enableSAML)},
		{Method: http.MethodPost, Pattern: one + "/disable", Scope: tenants.TenantsWrite, handle: s.withSAML(s.disableSAML)},
		{Method: http.MethodPost, Pattern: one + "/refresh", Scope: tenants.TenantsWrite, handle: s.withSAML(s.refreshSAML)},
		{Method: http.MethodPost, Pattern: one + "/delete", Scope: tenants.TenantsWrite, handle: s.withSAML(s.deleteSAML)},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/saml-certificates/rotate", Scope: tenants.KeysWrite, handle: s.withSAML(s.rotateSAML)},
	}
}

// withSAML handles what needs SAML switched on in the tenant; where it is not, the page says so.
func (s *Server) withSAML(handle func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		if v.Tenant.Config.SAML.Enabled {
			return handle(v)
		}
		return s.showSAML(v, http.StatusConflict, samlForm{})
	}
}

func samlPath(v *visit) string { return "/t/" + v.Tenant.ID.String() + "/saml" }

func (s *Server) samlProviders(v *visit) error { return s.showSAML(v, http.StatusOK, samlForm{}) }

func (s *Server) showSAML(v *visit, status int, form samlForm) (err error) {
	v.Section = "saml"
	p := samlView{Form: form}
	if v.Tenant.Config.SAML.Enabled {
		if p.Providers, err = s.o.SAML.Providers(v.ctx(), v.Tenant.ID); err != nil {
			return err
		}
		if v.May(tenants.KeysRead) {
			if p.Certificates, err = s.o.SAML.Certificates(v.ctx(), v.Tenant.ID); err != nil {
				return err
			}
		}
	}
	return v.showAs(status, "SAML", samlPage(v, p))
}

// samlWish is what the form says.
func (v *visit) samlWish(w *saml.Wish) {
	w.Name, w.Domain, w.MetadataCertificate = v.form("name"), v.form("domain"), v.form("metadata_certificate")
	w.SkipEmailVerification = v.form("skip_email_verification") != ""
	switch address, xml := v.form("metadata_url"), v.form("metadata_xml"); {
	case xml != "":
		w.MetadataURL, w.MetadataXML = "", xml
	case address != "":
		w.MetadataURL, w.MetadataXML = address, ""
	}
}

func (s *Server) addSAML(v *visit) error {
	form := samlForm{}
	v.samlWish(&form.Wish)
	form.Wish.Enabled = v.form("enabled") != ""
	if _, err := s.o.SAML.Create(v.ctx(), v.Who.Actor, v.Tenant.ID, form.Wish); err != nil {
		if form.Wrong, err = fields(err); err != nil {
			return err
		}
		return s.showSAML(v, http.StatusUnprocessableEntity, form)
	}
	return v.done(samlPath(v), "The provider was added. Give it the metadata that is linked beside it.")
}

func (s *Server) samlProvider(v *visit) error {
	v.Section = "saml"
	id, err := v.id("provider")
	if err != nil {
		return err
	}
	p, err := s.o.SAML.Provider(v.ctx(), v.Tenant.ID, id)
	if err != nil {
		return err
	}
	form := samlForm{ID: id, Given: p.MetadataURL == "", Wish: saml.Wish{
		Name: p.Name, Domain: p.Domain, MetadataURL: p.MetadataURL, MetadataCertificate: p.MetadataCertificate, SkipEmailVerification: p.SkipEmailVerification,
	}}
	return v.show(p.Name, samlProviderPage(v, p, form))
}

func (s *Server) changeSAML(v *visit) error {
	v.Section = "saml"
	id, err := v.id("provider")
	if err != nil {
		return err
	}
	form := samlForm{ID: id}
	_, err = s.o.SAML.Revise(v.ctx(), v.Who.Actor, v.Tenant.ID, id, func(w *saml.Wish) {
		v.samlWish(w)
		form.Wish = *w
	})
	if err == nil {
		return v.done(samlPath(v), "The provider was changed.")
	}
	if form.Wrong, err = fields(err); err != nil {
		return err
	}
	p, err := s.o.SAML.Provider(v.ctx(), v.Tenant.ID, id)
	if err != nil {
		return err
	}
	form.Given = p.MetadataURL == ""
	return v.showAs(http.StatusUnprocessableEntity, p.Name, samlProviderPage(v, p, form))
}

// onSAML does something with a provider and goes back to the list.
func (s *Server) onSAML(v *visit, message string, do func(id uuid.UUID) error) error {
	id, err := v.id("provider")
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		return err
	}
	return v.done(samlPath(v), message)
}

func (s *Server) enableSAML(v *visit) error {
	return s.onSAML(v, "People sign in through it.", func(id uuid.UUID) error { return s.o.SAML.SetEnabled(v.ctx(), v.Who.Actor, v.Tenant.ID, id, true) })
}

func (s *Server) disableSAML(v *visit) error {
	return s.onSAML(v, "Nobody signs in through it.", func(id uuid.UUID) error { return s.o.SAML.SetEnabled(v.ctx(), v.Who.Actor, v.Tenant.ID, id, false) })
}

func (s *Server) refreshSAML(v *visit) error {
	return s.onSAML(v, "Its metadata was read anew.", func(id uuid.UUID) error {
		_, err := s.o.SAML.Revise(v.ctx(), v.Who.Actor, v.Tenant.ID, id, func(*saml.Wish) {})
		return err
	})
}

func (s *Server) deleteSAML(v *visit) error {
	return s.onSAML(v, "The provider was deleted.", func(id uuid.UUID) error { return s.o.SAML.Delete(v.ctx(), v.Who.Actor, v.Tenant.ID, id) })
}

func (s *Server) rotateSAML(v *visit) error {
	if _, err := s.o.SAML.Rotate(v.ctx(), v.Who.Actor, v.Tenant.ID); err != nil {
		return err
	}
	return v.done(samlPath(v), "A new certificate is in the metadata. Let the identity providers read it again.")
}

// serviceMetadata is where the metadata of the tenant as a service provider is, for the provider of a domain.
func serviceMetadata(v *visit, domain string) string {
	return v.Tenant.PublicURL + "/saml/metadata?domain=" + url.QueryEscape(domain)
}
