package web

import (
	"net/http"
	"strings"

	"github.com/latchkeep/latchkeep/tenants/domains"
	"github.com/latchkeep/latchkeep/tenants/relyingparty"
)

// domainsView is what the page of a tenant's domains shows.
type domainsView struct {
	Domains []domains.Domain
	Host    string
	Wrong   fieldErrors
	// RPID and Origins are what was asked about, and Plan the answer.
	RPID, Origins string
	Plan          *relyingparty.Plan
}

func (s *Server) domains(v *visit) error {
	p := domainsView{RPID: v.query("rp_id"), Origins: v.query("origins")}
	if p.RPID != "" || p.Origins != "" {
		plan, err := s.o.Tenants.PlanRelyingParty(v.ctx(), v.Tenant.ID, p.RPID, strings.Fields(p.Origins))
		if err != nil {
			if p.Wrong, err = fields(err); err != nil {
				return err
			}
			return s.showDomains(v, http.StatusUnprocessableEntity, p)
		}
		p.Plan = &plan
	}
	return s.showDomains(v, http.StatusOK, p)
}

func (s *Server) showDomains(v *visit, status int, p domainsView) (err error) {
	v.Section = "domains"
	if p.RPID == "" {
		p.RPID = v.Tenant.Config.WebAuthn.RelyingParty.ID
	}
	if p.Origins == "" {
		p.Origins = strings.Join(v.Tenant.Config.WebAuthn.RelyingParty.Origins, "\n")
	}
	if p.Domains, err = s.o.Domains.List(v.ctx(), v.Tenant.ID); err != nil {
		return err
	}
	return v.showAs(status, "Domains", domainsPage(v, p))
}

func (s *Server) addDomain(v *visit) error {
	p := domainsView{Host: v.form("host")}
	if _, err := s.o.Domains.Add(v.ctx(), v.Who.Actor, v.Tenant.ID, p.Host); err != nil {
		if p.Wrong, err = fields(err); err != nil {
			return err
		}
		return s.showDomains(v, http.StatusUnprocessableEntity, p)
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/domains", "Now make the record that is shown below, and have it checked.")
}

func (s *Server) checkDomain(v *visit) error {
	id, err := v.id("domain")
	if err != nil {
		return err
	}
	d, err := s.o.Domains.Check(v.ctx(), v.Who.Actor, v.Tenant.ID, id)
	if err != nil {
		return err
	}
	message := d.Host + " is the tenant's: it is served there."
	if d.Problem != "" {
		message = "Not yet: " + d.Problem
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/domains", message)
}

func (s *Server) primaryDomain(v *visit) error {
	id, err := v.id("domain")
	if err != nil {
		return err
	}
	d, err := s.o.Domains.MakePrimary(v.ctx(), v.Who.Actor, v.Tenant.ID, id)
	if err != nil {
		return err
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/domains", "The tenant's public URL begins with "+d.Host+" now. Look below what that means for passkeys.")
}

func (s *Server) removeDomain(v *visit) error {
	id, err := v.id("domain")
	if err != nil {
		return err
	}
	if err := s.o.Domains.Remove(v.ctx(), v.Who.Actor, v.Tenant.ID, id); err != nil {
		return err
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/domains", "The tenant is not served there any more.")
}
