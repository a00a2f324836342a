package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

const (
	periodicQueue = "periodic"
	cleanupType   = "cleanup"
	// cleanupEvery is how often expired rows are deleted.
	cleanupEvery = time.Minute
	// cleanupRows is how many rows one transaction deletes, cleanupRounds how many transactions one run takes for a kind of row.
	cleanupRows   = 500
	cleanupRounds = 40
)

// CleanupPolicy says how long rows stay after they served their purpose.
type CleanupPolicy struct {
	// Intents are kept this long after they were done.
	Intents time.Duration
	// AuditLogs are kept this long; zero keeps them for good.
	AuditLogs time.Duration
}

// A Purger deletes the rows of deleted tenants in batches. It reports how many went: none when nothing is left to do.
type Purger interface {
	Purge(ctx context.Context, rows int) (int, error)
}

// A cleanup deletes rows that are of no use any more, of all tenants, in small transactions.
type cleanup struct {
	store  *store.Store
	policy CleanupPolicy
	purger Purger
	log    *slog.Logger
}

func (c *cleanup) run(ctx context.Context) error {
	at := time.Now().UTC()
	rules := []struct {
		kind   rawsql.Expiring
		before time.Time
	}{
		{rawsql.ExpiredFlows, at},
		{rawsql.ExpiredPasscodes, at},
		{rawsql.ExpiredOneTimeTokens, at},
		{rawsql.ExpiredTrustedDevices, at},
		{rawsql.ExpiredSessions, at},
		{rawsql.ExpiredRevocations, at},
		{rawsql.ExpiredSAMLUses, at},
		{rawsql.DoneIntents, at.Add(-c.policy.Intents)},
	}
	if c.policy.AuditLogs > 0 {
		rules = append(rules, struct {
			kind   rawsql.Expiring
			before time.Time
		}{rawsql.OldAuditLogs, at.Add(-c.policy.AuditLogs)})
	}
	var failures []error
	for _, rule := range rules {
		if err := c.expire(ctx, rule.kind, rule.before); err != nil {
			failures = append(failures, err)
		}
	}
	if c.purger != nil {
		if err := c.purge(ctx); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func (c *cleanup) expire(ctx context.Context, kind rawsql.Expiring, before time.Time) error {
	total := 0
	for range cleanupRounds {
		deleted := 0
		err := c.store.Do(ctx, scope.System("delete expired rows of all tenants"), func(ctx context.Context, tx *store.Tx) error {
			var err error
			deleted, err = tx.Raw.DeleteExpired(ctx, kind, before, cleanupRows)
			return err
		})
		if err != nil {
			return fmt.Errorf("clean up: %w", err)
		}
		total += deleted
		if deleted < cleanupRows {
			break
		}
	}
	if total > 0 {
		c.log.DebugContext(ctx, "cleaned up", "table", kind.String(), "rows", total)
	}
	return nil
}

func (c *cleanup) purge(ctx context.Context) error {
	for range cleanupRounds {
		gone, err := c.purger.Purge(ctx, cleanupRows)
		if err != nil {
			return fmt.Errorf("purge deleted tenants: %w", err)
		}
		if gone == 0 {
			return nil
		}
	}
	return nil
}

// A periodic enqueues the jobs that nobody asks for. All replicas do; the queue takes one.
type periodic struct {
	client *asynq.Client
	log    *slog.Logger
}

func (p *periodic) run(ctx context.Context) {
	ticker := time.NewTicker(cleanupEvery)
	defer ticker.Stop()
	for {
		_, err := p.client.EnqueueContext(ctx, asynq.NewTask(cleanupType, nil),
			asynq.Queue(periodicQueue), asynq.MaxRetry(0), asynq.Unique(cleanupEvery-5*time.Second), asynq.Timeout(cleanupEvery))
		if err != nil && !errors.Is(err, asynq.ErrDuplicateTask) && ctx.Err() == nil {
			p.log.WarnContext(ctx, "the clean-up cannot be enqueued", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
