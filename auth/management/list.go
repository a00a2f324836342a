package management

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Filter says which people are looked for. See rawsql.UserFilter.
type Filter = rawsql.UserFilter

// A Listing is a part of the list of a tenant's people.
type Listing struct {
	Users []user.AdminView
	// Total is how many people there are, on all pages; see [paging.Totals]. It is -1 where the part was asked for by a cursor.
	Total int
	// Next is the cursor of what follows, empty at the end.
	Next string
}

// ListUsers finds people by page numbers, from 1. Those that have neither address nor username are left out. People are sorted by the time
// of their creation, oldest first where ascending is set; those found by a prefix or by metadata are sorted by that. Spec: rest-admin §3.2.
func (s *Service) ListUsers(ctx context.Context, t *tenants.Tenant, f Filter, ascending bool, page, perPage int) (Listing, error) {
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	l := Listing{}
	var err error
	if l.Total, err = s.total(ctx, t, f); err != nil {
		return l, err
	}
	if l.Total == 0 || page-1 > l.Total/perPage { // beyond the end, and a product that could overflow
		return l, nil
	}
	found, err := s.at(ctx, t, f, ascending, (page-1)*perPage, perPage+1, l.Total)
	if err != nil {
		return l, err
	}
	return l, s.fill(ctx, t, &l, f, ascending, found, perPage)
}

// ListUsersAfter goes on with a list where a cursor says. It costs the same however far that is. Errors: ErrBadCursor.
func (s *Service) ListUsersAfter(ctx context.Context, t *tenants.Tenant, f Filter, ascending bool, cursor string, perPage int) (Listing, error) {
	l := Listing{Total: -1}
	after, err := s.openCursor(t, f, ascending, cursor)
	if err != nil {
		return l, err
	}
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	found, err := s.n.Store.Raw().ListUsers(ctx, f, rawsql.UserWindow{Ascending: ascending, After: &after, Limit: perPage + 1})
	if err != nil {
		return l, fmt.Errorf("list users: %w", err)
	}
	return l, s.fill(ctx, t, &l, f, ascending, found, perPage)
}

// fill loads the people that were found, and makes the cursor of what follows: one more was looked for than is shown.
func (s *Service) fill(ctx context.Context, t *tenants.Tenant, l *Listing, f Filter, ascending bool, found []rawsql.UserPosition, perPage int) error {
	if len(found) > perPage {
		found = found[:perPage]
		l.Next = s.sealCursor(t, f, ascending, found[perPage-1])
	}
	ids := make([]uuid.UUID, len(found))
	for i, p := range found {
		ids[i] = p.ID
	}
	people, err := s.n.Users.Many(ctx, t, ids)
	if err != nil {
		return err
	}
	l.Users = make([]user.AdminView, len(people))
	for i, u := range people {
		l.Users[i] = user.NewAdminView(t, u)
	}
	return nil
}
