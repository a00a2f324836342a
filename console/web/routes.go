package web

import (
	"net/http"

	"github.com/latchkeep/latchkeep/tenants"
)

// A Route is a page, or what a form of a page does.
type Route struct {
	Method, Pattern string
	// Scope is what the visitor needs: in the tenant that the pattern names with {tenant}, else everywhere; with Anywhere, in any tenant. Empty is for
	// every operator.
	Scope    string
	Anywhere bool

	handle func(*visit) error
}

// Routes are all pages of operators who are signed in.
func (s *Server) Routes() []Route {
	var all []Route
	for _, room := range [][]Route{s.homeRoutes(), s.tenantRoutes(), s.settingsRoutes(), s.operatorRoutes()} {
		all = append(all, room...)
	}
	return all
}

func (s *Server) homeRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/", handle: func(v *visit) error { return v.redirect("/tenants") }},
		{Method: http.MethodGet, Pattern: "/account", handle: s.account},
	}
}

func (s *Server) tenantRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/tenants", Scope: tenants.TenantsRead, Anywhere: true, handle: s.listTenants},
		{Method: http.MethodGet, Pattern: "/tenants/new", Scope: tenants.TenantsWrite, handle: s.newTenant},
		{Method: http.MethodPost, Pattern: "/tenants/new", Scope: tenants.TenantsWrite, handle: s.createTenant},
		{Method: http.MethodGet, Pattern: "/t/{tenant}", Scope: tenants.TenantsRead, handle: s.overview},
	}
}

func (s *Server) settingsRoutes() []Route {
	const read, write = tenants.TenantsRead, tenants.TenantsWrite
	return []Route{
		{Method: http.MethodGet, Pattern: "/t/{tenant}/settings", Scope: read, handle: s.settings},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/settings", Scope: write, handle: s.saveSettings},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/settings/json", Scope: read, handle: s.settingsJSON},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/settings/json", Scope: write, handle: s.reviewJSON},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/settings/history", Scope: read, handle: s.settingsHistory},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/settings/history/{version}", Scope: write, handle: s.rollBack},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/settings/{group}", Scope: read, handle: s.settingsOf},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/settings/{group}", Scope: write, handle: s.reviewSettings},
	}
}

func (s *Server) operatorRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/operators", Scope: tenants.OperatorsRead, handle: s.listOperators},
		{Method: http.MethodPost, Pattern: "/operators", Scope: tenants.OperatorsWrite, handle: s.inviteOperator},
		{Method: http.MethodGet, Pattern: "/operators/{operator}", Scope: tenants.OperatorsRead, handle: s.showOperator},
		{Method: http.MethodPost, Pattern: "/operators/{operator}", Scope: tenants.OperatorsWrite, handle: s.changeOperator},
		{Method: http.MethodPost, Pattern: "/operators/{operator}/invite", Scope: tenants.OperatorsWrite, handle: s.inviteAgain},
		{Method: http.MethodPost, Pattern: "/operators/{operator}/disable", Scope: tenants.OperatorsWrite, handle: s.disableOperator},
		{Method: http.MethodPost, Pattern: "/operators/{operator}/enable", Scope: tenants.OperatorsWrite, handle: s.enableOperator},
		{Method: http.MethodPost, Pattern: "/operator-tokens", Scope: tenants.OperatorsWrite, handle: s.createOperatorToken},
		{Method: http.MethodPost, Pattern: "/operator-tokens/{token}/revoke", Scope: tenants.OperatorsWrite, handle: s.revokeOperatorToken},
	}
}
