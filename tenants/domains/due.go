package domains

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
)

// atOnce is how many questions to the DNS are under way.
const atOnce = 16

// CheckDue looks at limit domains, those after a given one, and looks for the proof of those for which it is time. It returns the last one looked
// at, to go on from there, or the nil UUID when the round is complete. Several replicas may do this at once.
func (r *Room) CheckDue(ctx context.Context, after uuid.UUID, limit int) (uuid.UUID, error) {
	rows, err := r.due(ctx, after, limit)
	if err != nil {
		return after, fmt.Errorf("find domains whose proof is to be looked for: %w", err)
	}
	var mu sync.Mutex
	var failures []error
	var running sync.WaitGroup
	free := make(chan struct{}, atOnce)
	now := r.now()
	for _, row := range rows {
		if nextCheck(row).After(now) {
			continue
		}
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			f := r.look(ctx, row)
			if ctx.Err() != nil {
				return // we stop: that nobody answered says nothing
			}
			_, err := r.settle(ctx, tenants.BySystem, row, f)
			if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, tenants.ErrNotFound) { // removed meanwhile
				mu.Lock()
				failures = append(failures, err)
				mu.Unlock()
			}
		})
	}
	running.Wait()
	next := uuid.Nil
	if len(rows) == limit {
		next = rows[len(rows)-1].ID
	}
	return next, errors.Join(failures...)
}
