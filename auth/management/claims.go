package management

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/tenants"
)

// PreviewClaims renders the session token that a person would get now, with the tenant's template of claims or, where one is given, with a
// draft. Error: user_not_found, also for another tenant's.
func (s *Service) PreviewClaims(ctx context.Context, t *tenants.Tenant, userID uuid.UUID, draft map[string]any) (session.Preview, error) {
	u, err := s.n.Users.Brief(ctx, t, userID)
	if err != nil {
		return session.Preview{}, err
	}
	return s.n.Sessions.Preview(t, u, draft), nil
}
