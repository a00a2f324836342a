package management

import (
	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Caller is who manages: a back end by its key, or an operator; and where the request came from.
type Caller struct {
	By tenants.Actor
	// Operator says that it came through the console or its API: API keys and operators' tokens are signed for alike.
	Operator bool
	Client   auth.Client
}

// record is the audit record of something the caller did.
func (c Caller) record(t *tenants.Tenant, kind event.AuditType, concerns event.Actor, details map[string]any) outbox.Intent {
	if c.Operator {
		return event.AuditOperator(t, c.Client, c.By, kind, concerns, details)
	}
	return event.AuditBackend(t, c.Client, c.By, kind, concerns, details)
}

// audit queues the record of something the caller did with a person: who that was stands in the details.
func (s *Service) audit(t *tenants.Tenant, w *auth.Work, by Caller, kind event.AuditType, u *user.User, details map[string]any) {
	w.Emit(by.record(t, kind, event.Actor{UserID: u.ID, Email: u.PrimaryAddress()}, details))
}

// tell queues a webhook about a person.
func tell(t *tenants.Tenant, w *auth.Work, name event.Name, u *user.User, view user.AdminView) {
	if hook, ok := event.Webhook(t, name, u.ID, view); ok {
		w.Emit(hook)
	}
}
