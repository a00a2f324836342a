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
	// Large is for forms with a file: the handler limits them itself.
	Large bool

	handle func(*visit) error
}

// Routes are all pages of operators who are signed in.
func (s *Server) Routes() []Route {
	var all []Route
	for _, room := range [][]Route{s.homeRoutes(), s.tenantRoutes(), s.bundleRoutes(), s.settingsRoutes(), s.peopleRoutes(), s.eventRoutes(), s.mailRoutes(), s.keyRoutes(), s.domainRoutes(), s.usageRoutes(), s.operatorRoutes(), s.masterKeyRoutes(), s.samlRoutes(), s.jobRoutes()} {
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
		{Method: http.MethodGet, Pattern: "/tenants/deleted", Scope: tenants.TenantsRead, Anywhere: true, handle: s.deletedTenants},
		{Method: http.MethodPost, Pattern: "/tenants/deleted/{deleted}/restore", Scope: tenants.TenantsWrite, Anywhere: true, handle: s.restoreTenant},
		{Method: http.MethodPost, Pattern: "/tenants/deleted/{deleted}/purge", Scope: tenants.TenantsWrite, handle: s.purgeTenant},
		{Method: http.MethodGet, Pattern: "/receipts", Scope: tenants.TenantsRead, handle: s.receipts},
		{Method: http.MethodGet, Pattern: "/receipts/{purged}", Scope: tenants.TenantsRead, handle: s.receipt},
		{Method: http.MethodGet, Pattern: "/tenants/new", Scope: tenants.TenantsWrite, handle: s.newTenant},
		{Method: http.MethodPost, Pattern: "/tenants/new", Scope: tenants.TenantsWrite, handle: s.createTenant},
		{Method: http.MethodGet, Pattern: "/t/{tenant}", Scope: tenants.TenantsRead, handle: s.overview},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/rename", Scope: tenants.TenantsWrite, handle: s.renameTenant},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/status", Scope: tenants.TenantsWrite, handle: s.setStatus},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/delete", Scope: tenants.TenantsWrite, handle: s.deleteTenant},
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

func (s *Server) peopleRoutes() []Route {
	const one = "/t/{tenant}/people/{user}"
	return []Route{
		{Method: http.MethodGet, Pattern: "/t/{tenant}/people", Scope: tenants.UsersRead, handle: s.people},
		{Method: http.MethodGet, Pattern: one, Scope: tenants.UsersRead, handle: s.person},
		{Method: http.MethodGet, Pattern: one + "/export", Scope: tenants.UsersRead, handle: s.exportPerson},
		{Method: http.MethodPost, Pattern: one + "/block", Scope: tenants.UsersWrite, handle: s.blockPerson},
		{Method: http.MethodPost, Pattern: one + "/unblock", Scope: tenants.UsersWrite, handle: s.unblockPerson},
		{Method: http.MethodPost, Pattern: one + "/delete", Scope: tenants.UsersWrite, handle: s.deletePerson},
		{Method: http.MethodPost, Pattern: one + "/password/remove", Scope: tenants.UsersWrite, handle: s.removePassword},
		{Method: http.MethodPost, Pattern: one + "/otp/remove", Scope: tenants.UsersWrite, handle: s.removeOTP},
		{Method: http.MethodPost, Pattern: one + "/credentials/remove", Scope: tenants.UsersWrite, handle: s.removeCredential},
		{Method: http.MethodPost, Pattern: one + "/sessions/end", Scope: tenants.SessionsWrite, handle: s.endSessions},
		{Method: http.MethodPost, Pattern: one + "/sessions/{session}/end", Scope: tenants.SessionsWrite, handle: s.endSession},
	}
}

func (s *Server) eventRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/t/{tenant}/audit", Scope: tenants.AuditRead, handle: s.auditLog},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/audit/tail", Scope: tenants.AuditRead, handle: s.tailAudit},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/audit/export", Scope: tenants.AuditRead, handle: s.exportAudit},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/webhooks", Scope: tenants.WebhooksRead, handle: s.webhooks},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/webhooks/deliveries/{delivery}", Scope: tenants.WebhooksRead, handle: s.delivery},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/webhooks/deliveries/{delivery}/replay", Scope: tenants.WebhooksWrite, handle: s.replay},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/webhooks/endpoints/{endpoint}/test", Scope: tenants.WebhooksWrite, handle: s.testWebhook},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/webhooks/endpoints/{endpoint}/enable", Scope: tenants.WebhooksWrite, handle: s.enableWebhook},
	}
}

func (s *Server) mailRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/t/{tenant}/mail", Scope: tenants.TenantsRead, handle: s.mail},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/mail/page", Scope: tenants.TenantsRead, handle: s.mailHTML},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/mail/test", Scope: tenants.TenantsWrite, handle: s.testMail},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/mails", Scope: tenants.TenantsRead, handle: s.mails},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/dead-letters", Scope: tenants.TenantsRead, handle: s.deadLetters},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/dead-letters/retry", Scope: tenants.TenantsWrite, handle: s.retryLetters},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/dead-letters/discard", Scope: tenants.TenantsWrite, handle: s.discardLetters},
	}
}

func (s *Server) keyRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/t/{tenant}/keys", Scope: tenants.KeysRead, handle: s.keys},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/keys/rotate", Scope: tenants.KeysWrite, handle: s.rotateKey},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/keys/schedule", Scope: tenants.TenantsWrite, handle: s.scheduleKeys},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/keys/revoke", Scope: tenants.KeysWrite, handle: s.askRevokeKey},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/keys/revoke", Scope: tenants.KeysWrite, handle: s.revokeKey},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/keys/api", Scope: tenants.KeysWrite, handle: s.createAPIKey},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/keys/api/{key}/revoke", Scope: tenants.KeysWrite, handle: s.revokeAPIKey},
	}
}

func (s *Server) domainRoutes() []Route {
	const one = "/t/{tenant}/domains/{domain}"
	return []Route{
		{Method: http.MethodGet, Pattern: "/t/{tenant}/domains", Scope: tenants.TenantsRead, handle: s.domains},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/domains", Scope: tenants.TenantsWrite, handle: s.addDomain},
		{Method: http.MethodPost, Pattern: one + "/check", Scope: tenants.TenantsWrite, handle: s.checkDomain},
		{Method: http.MethodPost, Pattern: one + "/primary", Scope: tenants.TenantsWrite, handle: s.primaryDomain},
		{Method: http.MethodPost, Pattern: one + "/remove", Scope: tenants.TenantsWrite, handle: s.removeDomain},
	}
}

func (s *Server) usageRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/t/{tenant}/usage", Scope: tenants.UsageRead, handle: s.usage},
		{Method: http.MethodGet, Pattern: "/t/{tenant}/usage/csv", Scope: tenants.UsageRead, handle: s.usageCSV},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/quotas", Scope: tenants.TenantsWrite, handle: s.setQuotas},
	}
}
