package management

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/idempotency"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// MaxBulk is how many people one request may delete.
const MaxBulk = 1000

// bulkAtOnce is how many people one transaction deletes: it must stay short, since others wait for its locks.
const bulkAtOnce = 50

// An Outcome is what became of one person of a bulk deletion.
type Outcome struct {
	UserID uuid.UUID
	// Deleted is false where the tenant has no such person.
	Deleted bool
}

// DeleteMany deletes people, in transactions of 50 each, and tells what became of each, in the order asked for; an id that occurs twice is
// answered once. When it fails on the way, those before are deleted: sending the request again deletes the rest.
func (s *Service) DeleteMany(ctx context.Context, t *tenants.Tenant, by Caller, ids []uuid.UUID) ([]Outcome, error) {
	if len(ids) > MaxBulk {
		return nil, problem.Invalid("too_many_users", "at most 1000 users can be deleted at once")
	}
	ids = unique(ids)
	ctx = idempotency.Without(ctx)
	outcomes := make([]Outcome, 0, len(ids))
	for some := range slices.Chunk(ids, bulkAtOnce) {
		deleted, err := s.deleteSome(ctx, t, by, some)
		if err != nil {
			return nil, err
		}
		for _, id := range some {
			outcomes = append(outcomes, Outcome{id, slices.Contains(deleted, id)})
		}
	}
	return outcomes, nil
}

// deleteSome deletes people in one transaction, and says who was there. Where somebody else deletes one of them meanwhile, it looks again.
func (s *Service) deleteSome(ctx context.Context, t *tenants.Tenant, by Caller, ids []uuid.UUID) ([]uuid.UUID, error) {
	for {
		w := &auth.Work{}
		var found []uuid.UUID
		for _, id := range slices.SortedFunc(slices.Values(ids), compareIDs) { // one order for all, so that no two wait for each other
			u, err := s.n.Users.Load(ctx, t, id)
			if errors.Is(err, user.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			found = append(found, id)
			s.delete(t, w, by, u)
		}
		err := s.commit(ctx, t, w, "delete users")
		if errors.Is(err, user.ErrNotFound) && ctx.Err() == nil {
			continue
		}
		return found, err
	}
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

// unique keeps the first of ids that are the same.
func unique(ids []uuid.UUID) []uuid.UUID {
	seen := make(map[uuid.UUID]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}
