package management

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// maxTries is how often a change is decided anew because somebody else changed the person meanwhile.
const maxTries = 5

// A change is what one request does to one person. The person is kept as she will be, so that events show her so.
type change struct {
	user *user.User
	work auth.Work

	s  *Service
	t  *tenants.Tenant
	by Caller
}

// change loads a person and commits what decide queues, if she is still as she was loaded; otherwise it loads her and decides again, so that
// of two changes at once each is judged by what the other left. A decision that queues nothing writes nothing. Errors: user.ErrNotFound, those
// of decide and of what it queued, and user.ErrOvertaken where others will not stop changing her.
func (s *Service) change(ctx context.Context, t *tenants.Tenant, by Caller, id uuid.UUID, doing string, decide func(*change) error) error {
	for try := 1; ; try++ {
		u, err := s.n.Users.Load(ctx, t, id)
		if err != nil {
			return err
		}
		c := &change{user: u, s: s, t: t, by: by}
		touch := u.Touch()
		if err := decide(c); err != nil {
			return err
		}
		if c.work.Empty() {
			return nil
		}
		c.work.DoFirst(touch)
		err = s.commit(ctx, t, &c.work, doing)
		if !errors.Is(err, user.ErrOvertaken) || try == maxTries {
			return err
		}
	}
}

// record queues an audit record of the change.
func (c *change) record(kind event.AuditType, details map[string]any) {
	concerns := event.Actor{UserID: c.user.ID, Email: c.user.PrimaryAddress()}
	c.work.Emit(event.AuditBackend(c.t, c.by.Client, c.by.By, kind, concerns, details))
}

// tell queues an event that shows the person as she is by now.
func (c *change) tell(name event.Name) {
	view := user.NewAdminView(c.t, c.user).From(c.by.Client)
	if hook, ok := event.Webhook(c.t, name, c.user.ID, view); ok {
		c.work.Emit(hook)
	}
}
