package testenv

import (
	"testing"

	"github.com/google/uuid"
)

// Mails are all mails of the tenant that nobody has read yet, oldest first, whoever they are for. In an Env that is Quiet they are there as
// soon as the answer is whose request sent them, with the name of the template as subject.
func (s *Tenant) Mails(t testing.TB) []Mail {
	t.Helper()
	if s.Env.options.quiet {
		s.takeFromOutbox(t)
	}
	return s.Env.mails.unread(s.ID)
}

// unread are the unread mails of a tenant, which are read with that.
func (m *Mails) unread(tenant uuid.UUID) []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []Mail
	for _, one := range m.kept {
		if one.tenant == tenant && !one.read {
			one.read = true
			found = append(found, *one)
		}
	}
	return found
}
