package management

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/tenants"
)

// total is how many people a filter finds.
func (s *Service) total(ctx context.Context, _ *tenants.Tenant, f Filter) (int, error) {
	n, err := s.n.Store.Raw().CountUsers(ctx, f)
	if err != nil {
		return 0, fmt.Errorf("count users: %w", err)
	}
	return n, nil
}

// at finds so many people from an offset on.
func (s *Service) at(ctx context.Context, _ *tenants.Tenant, f Filter, ascending bool, offset, limit, _ int) ([]rawsql.UserPosition, error) {
	found, err := s.n.Store.Raw().ListUsers(ctx, f, rawsql.UserWindow{Ascending: ascending, Offset: offset, Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return found, nil
}
