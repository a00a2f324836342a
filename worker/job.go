package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// jobAttempts is how often a step of a job is tried before the job is given up: with the waits between them, for half a day.
const jobAttempts = 16

// A jobTask takes jobs one part further each time it is called.
type jobTask struct {
	leases   *leases
	store    *store.Store
	keyring  *secret.Keyring
	registry *tenants.Registry
	jobs     *transfer.Jobs
	log      *slog.Logger
}

func (j *jobTask) run(ctx context.Context, tenant uuid.UUID) error {
	return j.leases.each(ctx, tenant, j.one)
}

func (j *jobTask) one(ctx context.Context, tenantID uuid.UUID, it item) error {
	done := func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Raw.IntentsDone(ctx, time.Now().UTC(), it.ID)
		if err == nil && n != 1 {
			err = errTaken
		}
		return err
	}
	t, err := j.registry.ByID(ctx, tenantID)
	if errors.Is(err, tenants.ErrNotFound) {
		return settle(ctx, j.store, tenantID, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.IntentsDropped(ctx, time.Now().UTC(), "the tenant is deleted", it.ID)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("job: %w", err)
	}
	id, err := j.read(tenantID, it)
	if err == nil {
		err = j.jobs.Step(ctx, t, id, done)
	}
	switch {
	case err == nil, errors.Is(err, errTaken):
		return nil
	case it.Attempts >= jobAttempts:
		j.log.ErrorContext(ctx, "a job is given up", "tenant_id", tenantID, "job_id", id, "attempts", it.Attempts, "error", err)
		return j.jobs.Fail(context.WithoutCancel(ctx), t, id, done)
	}
	release := func(ctx context.Context, tx *store.Tx) error {
		return tx.Raw.ReleaseIntent(ctx, it.ID, time.Now().UTC().Add(jobBackoff(it.Attempts, err)), err.Error())
	}
	return errors.Join(fmt.Errorf("step of job %s, attempt %d: %w", id, it.Attempts, err), settle(ctx, j.store, tenantID, release))
}

// jobBackoff is how long a step waits for its next try. One that was overtaken sees by then what became of the job.
func jobBackoff(attempts int, err error) time.Duration {
	if errors.Is(err, transfer.ErrOvertaken) {
		return time.Second
	}
	return backoff(attempts)
}

func (j *jobTask) read(tenantID uuid.UUID, it item) (uuid.UUID, error) {
	plain, err := outbox.Open(j.keyring, tenantID, transfer.KindJob, it.ID, it.Payload)
	if err != nil {
		return uuid.Nil, fmt.Errorf("open call for a job: %w", err)
	}
	return uuid.FromBytes(plain)
}
