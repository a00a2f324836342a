package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/audit"
)

// An auditUpkeep signs how far the audit logs of all tenants are, and gives up records that are too old, in the order of their chain.
type auditUpkeep struct {
	keeper *audit.Keeper

	running sync.Mutex
	due     *audit.Checkpoints
	old     audit.Walk
}

func newAuditUpkeep(n Needs) *auditUpkeep {
	keeper := audit.NewKeeper(n.Store, n.Registry)
	return &auditUpkeep{keeper: keeper, due: audit.NewCheckpoints(keeper, time.Now)}
}

// run does some of what is to be done. Records that are older than the retention go; zero keeps them for good.
func (u *auditUpkeep) run(ctx context.Context, retention time.Duration) error {
	if !u.running.TryLock() {
		return nil // the last round is still at it
	}
	defer u.running.Unlock()
	var failures []error
	if _, err := u.due.Run(ctx); err != nil {
		failures = append(failures, fmt.Errorf("sign audit logs: %w", err))
	}
	if retention > 0 {
		failures = append(failures, u.prune(ctx, time.Now().UTC().Add(-retention), min(retention/10, time.Hour)))
	}
	return errors.Join(failures...)
}

// prune deletes records older than a time, of tenants that have some that are older by a margin: so that a busy tenant is not pruned, and a
// checkpoint signed for it, at every round.
func (u *auditUpkeep) prune(ctx context.Context, before time.Time, margin time.Duration) error {
	var failures []error
	for range cleanupRounds {
		whose, done, err := u.keeper.Old(ctx, &u.old, before.Add(-margin), cleanupRows)
		for _, id := range whose {
			_, err := u.keeper.Prune(ctx, id, before, cleanupRows, cleanupRows*cleanupRounds)
			if err != nil {
				failures = append(failures, err)
			}
		}
		if err != nil || done || ctx.Err() != nil {
			return errors.Join(append(failures, err)...)
		}
	}
	return errors.Join(failures...)
}

// all counts the records of all tenants that are older than a time and can go, and with run deletes them, size at a time.
func (u *auditUpkeep) all(ctx context.Context, before time.Time, size int, run bool) (int, error) {
	var walk audit.Walk
	seen := map[uuid.UUID]bool{}
	total := 0
	for {
		whose, done, err := u.keeper.Old(ctx, &walk, before, max(size, cleanupRows))
		if err != nil {
			return total, err
		}
		for _, id := range whose {
			if seen[id] {
				continue
			}
			seen[id] = true
			n, err := 0, error(nil)
			if run {
				n, err = u.keeper.Prune(ctx, id, before, size, 0)
			} else {
				n, err = u.keeper.Prunable(ctx, id, before)
			}
			total += n
			if err != nil {
				return total, err
			}
		}
		if done {
			return total, nil
		}
	}
}
