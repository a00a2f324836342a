package management

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/tenants"
)

// IssueToken opens a session for a person without asking her, for whoever has the machine: it counts against no limit and is told to nobody.
// Spec: session §4. Error: user_not_found, also for another tenant's.
func (s *Service) IssueToken(ctx context.Context, t *tenants.Tenant, userID uuid.UUID) (*session.Issued, error) {
	u, err := s.n.Users.Load(ctx, t, userID)
	if err != nil {
		return nil, err
	}
	issued, err := s.n.Sessions.Prepare(t, auth.Client{}, session.Order{User: u, Unlimited: true})
	if err != nil {
		return nil, err
	}
	var w auth.Work
	issued.Save(&w)
	return issued, s.commit(ctx, t, &w, "issue a session token")
}
