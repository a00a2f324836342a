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

// A revision is what one request does to one person. The person is kept as she will be, so that events show her so.
type revision struct {
	user *user.User
	work auth.Work

	s  *Service
	t  *tenants.Tenant
	by Caller
}

// revise loads a person and commits what decide queues, if she is still as she was loaded; otherwise it loads her and decides again, so that
// of two changes at once each is judged by what the other left. A decision that queues nothing writes nothing. Errors: user.ErrNotFound, those
// of decide and of what it queued, and user.ErrOvertaken where others will not stop changing her.
func (s *Service) revise(ctx context.Context, t *tenants.Tenant, by Caller, id uuid.UUID, doing string, decide func(*revision) error) error {
	for try := 1; ; try++ {
		u, err := s.n.Users.Load(ctx, t, id)
		if err != nil {
			return err
		}
		c := &revision{user: u, s: s, t: t, by: by}
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

// record queues an audit record.
func (c *revision) record(kind event.AuditType, details map[string]any) {
	c.s.audit(c.t, &c.work, c.by, kind, c.user, details)
}

// tell queues an event that shows the person as she is by now, and where the request came from.
func (c *revision) tell(name event.Name) {
	tell(c.t, &c.work, name, c.user, user.NewAdminView(c.t, c.user).From(c.by.Client))
}
