package management

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/tenants"
)

// IssueToken opens a session for a person without asking her, for whoever has the machine: it counts against no limit and is told to no webhook. The audit
// log says that it was.
// Spec: session §4. Errors: user_not_found, also for another tenant's; session.ErrBlocked.
func (s *Service) IssueToken(ctx context.Context, t *tenants.Tenant, by tenants.Actor, userID uuid.UUID) (*session.Issued, error) {
	u, err := s.n.Users.Brief(ctx, t, userID)
	if err != nil {
		return nil, err
	}
	if u.BlockedAt != nil {
		return nil, session.ErrBlocked
	}
	issued, err := s.n.Sessions.Prepare(t, auth.Client{}, session.Order{User: u, Unlimited: true})
	if err != nil {
		return nil, err
	}
	w := &auth.Work{}
	issued.Save(w)
	w.Emit(tenants.Recorded(ctx, t.ID, tenants.AuditSessionIssued, by, map[string]any{"user_id": userID.String(), "session_id": issued.ID.String()}))
	if err := s.commit(ctx, t, w, "issue a session token"); err != nil {
		return nil, err
	}
	return issued, nil
}
