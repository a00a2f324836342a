package management

import (
	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// audit queues the record of something a back end did with a person: whose key it was stands in the details.
func (s *Service) audit(t *tenants.Tenant, w *auth.Work, by Caller, kind event.AuditType, u *user.User, details map[string]any) {
	w.Emit(event.AuditBackend(t, by.Client, by.By, kind, event.Actor{UserID: u.ID, Email: u.PrimaryAddress()}, details))
}

// tell queues a webhook about a person.
func tell(t *tenants.Tenant, w *auth.Work, name event.Name, u *user.User, view user.AdminView) {
	if hook, ok := event.Webhook(t, name, u.ID, view); ok {
		w.Emit(hook)
	}
}
