package management

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// Block keeps a person from signing in, and ends her sessions everywhere. Blocking her again changes nothing. Errors: user.ErrNotFound.
func (s *Service) Block(ctx context.Context, t *tenants.Tenant, by Caller, id uuid.UUID) error {
	u, err := s.n.Users.Load(ctx, t, id)
	if err != nil || u.BlockedAt != nil {
		return err
	}
	w := &auth.Work{}
	w.Do(s.n.Sessions.EndAll(id)) // locks her row, so that no sign-in under way adds a session behind it
	w.Do(u.Block())
	s.audit(t, w, by, event.UserBlocked, u, nil)
	tell(t, w, event.UserUpdate, u, user.NewAdminView(t, u))
	return s.commit(ctx, t, w, "block user")
}

// Unblock lets a person sign in again. Unblocking one who is not blocked changes nothing. Errors: user.ErrNotFound.
func (s *Service) Unblock(ctx context.Context, t *tenants.Tenant, by Caller, id uuid.UUID) error {
	u, err := s.n.Users.Load(ctx, t, id)
	if err != nil || u.BlockedAt == nil {
		return err
	}
	w := &auth.Work{}
	w.Do(u.Unblock())
	s.audit(t, w, by, event.UserUnblocked, u, nil)
	tell(t, w, event.UserUpdate, u, user.NewAdminView(t, u))
	return s.commit(ctx, t, w, "unblock user")
}
