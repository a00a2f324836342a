package worker

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	entidentity "github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

const (
	// pendingFor is how long an account at a provider is kept for the person who wanted to add it. The token that she would confirm it with ends
	// after minutes, so by then nobody can.
	pendingFor = 24 * time.Hour
	// pendingEvery is how often they are looked for: no index finds them, so all identities are read.
	pendingEvery = time.Hour
)

// pending says when accounts that wait for a confirmation are looked for again.
type pending struct{ next atomic.Int64 }

// due reports whether it is time, once for every time.
func (p *pending) due(at time.Time) bool {
	next := p.next.Load()
	return at.Unix() >= next && p.next.CompareAndSwap(next, at.Add(pendingEvery).Unix())
}

// somePending deletes accounts that nobody confirmed. They are looked for outside of the transaction, which then holds no lock but theirs.
func (c *cleanup) somePending(ctx context.Context, before time.Time, rows int) (int, error) {
	all := scope.System("delete expired rows of all tenants")
	deleted := 0
	for deleted < rows {
		wanted := min(rows-deleted, cleanupRows) // each is a parameter of the statement, and those are limited
		ids, err := c.store.Reader().Identity.Query().
			Where(entidentity.UserIDIsNil(), entidentity.CreatedAtLT(before)).Limit(wanted).IDs(scope.With(ctx, all))
		if err != nil {
			return deleted, fmt.Errorf("find identities that nobody confirmed: %w", err)
		}
		n, err := c.deletePending(ctx, all, ids)
		if err != nil {
			return deleted, fmt.Errorf("delete identities that nobody confirmed: %w", err)
		}
		if deleted += n; len(ids) < wanted {
			break
		}
	}
	return deleted, nil
}

func (c *cleanup) deletePending(ctx context.Context, all scope.Scope, ids []uuid.UUID) (n int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	err = c.store.Do(ctx, all, func(ctx context.Context, tx *store.Tx) error {
		n, err = tx.Identity.Delete().Where(entidentity.IDIn(ids...), entidentity.UserIDIsNil()).Exec(ctx)
		return err
	})
	return n, err
}
