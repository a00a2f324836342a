package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// checkpointGrowth is by how many records a log grows before a checkpoint is due at once, checkpointAge how long a record waits for one.
	checkpointGrowth = 1000
	checkpointAge    = time.Hour
	// checkpointReach is how far back a process that has just begun looks for what others have missed.
	checkpointReach = 24 * time.Hour
	// dueRows is how many records one step of a walk reads, duePerRun how many records and checkpoints a run may cost at most.
	dueRows       = 2000
	dueRowsPerRun = 100_000
	duePerRun     = 500
)

// Checkpoints makes the checkpoints that are due: of logs that have grown by a thousand records, and of those with a record an hour old that no
// checkpoint covers. It finds them by walking over what was recorded since it last did, so that tenants where nothing happens cost nothing.
type Checkpoints struct {
	keeper *Keeper
	now    func() time.Time
	// fresh has come as far as now, aged an hour less.
	fresh, aged Walk
}

// NewCheckpoints begins a day ago.
func NewCheckpoints(k *Keeper, now func() time.Time) *Checkpoints {
	c := &Checkpoints{keeper: k, now: now}
	c.fresh.at.CreatedAt = now().UTC().Add(-checkpointReach)
	c.aged.at.CreatedAt = now().UTC().Add(-checkpointAge - checkpointReach)
	return c
}

// Run makes what is due, within bounds, and returns how many checkpoints that were. It is not safe for concurrent use.
func (c *Checkpoints) Run(ctx context.Context) (int, error) {
	at := c.now().UTC()
	made, err := c.walk(ctx, &c.fresh, at, checkpointGrowth)
	more, failed := c.walk(ctx, &c.aged, at.Add(-checkpointAge), 1)
	return made + more, errors.Join(err, failed)
}

// walk makes checkpoints of the logs of those who recorded something before a time, where they have grown by so much.
func (c *Checkpoints) walk(ctx context.Context, w *Walk, before time.Time, growth int64) (int, error) {
	made := 0
	var failures []error
	for read := 0; read < dueRowsPerRun && made < duePerRun && ctx.Err() == nil; read += dueRows {
		sys := scope.With(ctx, scope.System("find logs that need a checkpoint"))
		steps, err := c.keeper.store.Raw().AuditSteps(sys, w.place(), before, dueRows)
		if err != nil || len(steps) == 0 {
			return made, errors.Join(append(failures, err)...)
		}
		reached := map[uuid.UUID]int64{}
		var whose []uuid.UUID
		for _, s := range steps {
			if _, known := reached[s.TenantID]; !known {
				whose = append(whose, s.TenantID)
			}
			reached[s.TenantID] = max(reached[s.TenantID], s.Sequence)
		}
		newest, err := c.keeper.store.Raw().AuditCheckpoints(sys, whose...)
		if err != nil {
			return made, errors.Join(append(failures, err)...)
		}
		for _, id := range whose {
			if reached[id]-newest[id] < growth {
				continue
			}
			if err := c.one(ctx, id); err != nil {
				failures = append(failures, fmt.Errorf("checkpoint of tenant %s: %w", id, err))
				continue
			}
			made++
		}
		w.at = steps[len(steps)-1].Place()
		if len(steps) < dueRows {
			break
		}
	}
	return made, errors.Join(failures...)
}

func (c *Checkpoints) one(ctx context.Context, id uuid.UUID) error {
	t, err := c.keeper.registry.ByID(ctx, id)
	if errors.Is(err, tenants.ErrNotFound) {
		return nil // deleted
	}
	if err != nil {
		return err
	}
	_, err = c.keeper.Checkpoint(ctx, t)
	if errors.Is(err, ErrEmptyLog) {
		return nil
	}
	return err
}
