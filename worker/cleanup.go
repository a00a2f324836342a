package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants/usage"
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
	// Mails are kept this long after they were sent or dropped; as other intents where it is zero.
	Mails time.Duration
	// DeadIntents are kept this long after they were given up; zero keeps them for good.
	DeadIntents time.Duration
	// AuditLogs are kept this long; zero keeps them for good.
	AuditLogs time.Duration
	// Webhooks are kept this long after the event, where they were delivered or dropped, and DeadWebhooks where nobody took them; zero keeps them
	// for good.
	Webhooks, DeadWebhooks time.Duration
}

// A Housekeeper looks after tenants.
type Housekeeper interface {
	// Purge deletes rows of deleted tenants whose grace has ended. It reports how many went: none when nothing is left to do.
	Purge(ctx context.Context, rows int) (int, error)
	// AdvanceDueKeys moves signing keys on whose time has come, of so many tenants after the given one. It returns the last one looked at, or
	// the nil UUID when the round is complete.
	AdvanceDueKeys(ctx context.Context, after uuid.UUID, limit int) (uuid.UUID, error)
	// RotateDueKeys publishes new signing keys where that is due by the configuration, in rounds as AdvanceDueKeys.
	RotateDueKeys(ctx context.Context, after uuid.UUID, limit int) (uuid.UUID, error)
}

// A Federation looks after what tenants and SAML identity providers know of each other.
type Federation interface {
	// AdvanceDueCertificates moves tenants' certificates on whose time has come, and renews those that end, in rounds as AdvanceDueKeys does.
	AdvanceDueCertificates(ctx context.Context, after uuid.UUID, limit int) (uuid.UUID, error)
	// RefreshDue fetches metadata of providers that is due.
	RefreshDue(ctx context.Context) error
}

// A cleanup deletes rows that are of no use any more, of all tenants, in small transactions.
type cleanup struct {
	store   *store.Store
	policy  CleanupPolicy
	tenants Housekeeper
	saml    Federation
	audit   *auditUpkeep
	usage   *usage.Room
	rotated hourly
	pending pending
	log     *slog.Logger
}

// hourly is for what one process does once an hour.
type hourly struct{ last atomic.Int64 }

// due reports whether the hour is over, and begins another.
func (h *hourly) due(now time.Time) bool {
	last := h.last.Load()
	return now.Unix()-last >= 3600 && h.last.CompareAndSwap(last, now.Unix())
}

// A rule says when rows of a kind are of no use any more.
type rule struct {
	kind   rawsql.Expiring
	before time.Time
}

func (c *cleanup) rules(at time.Time) []rule {
	rules := []rule{
		{rawsql.ExpiredFlows, at},
		{rawsql.ExpiredPasscodes, at},
		{rawsql.ExpiredOneTimeTokens, at},
		{rawsql.ExpiredTrustedDevices, at},
		{rawsql.ExpiredSessions, at},
		{rawsql.ExpiredRevocations, at},
		{rawsql.ExpiredSAMLUses, at},
		{rawsql.ExpiredIdempotencyKeys, at},
		{rawsql.ExpiredJobs, at},
		{rawsql.PendingIdentities, at.Add(-pendingFor)},
		{rawsql.DoneIntents, at.Add(-c.policy.Intents)},
		{rawsql.DroppedIntents, at.Add(-c.policy.Intents)},
		{rawsql.SentMails, at.Add(-cmp.Or(c.policy.Mails, c.policy.Intents))},
		{rawsql.DroppedMails, at.Add(-cmp.Or(c.policy.Mails, c.policy.Intents))},
	}
	if c.policy.DeadIntents > 0 {
		rules = append(rules, rule{rawsql.DeadIntents, at.Add(-c.policy.DeadIntents)})
	}
	if c.policy.AuditLogs > 0 {
		rules = append(rules, rule{rawsql.OldAuditLogs, at.Add(-c.policy.AuditLogs)})
	}
	if c.policy.Webhooks > 0 {
		rules = append(rules, rule{rawsql.OldWebhookDeliveries, at.Add(-c.policy.Webhooks)})
	}
	if c.policy.DeadWebhooks > 0 {
		rules = append(rules, rule{rawsql.DeadWebhookDeliveries, at.Add(-c.policy.DeadWebhooks)})
	}
	return rules
}

func (c *cleanup) run(ctx context.Context) error {
	failures := []error{c.audit.run(ctx, c.policy.AuditLogs)}
	at := time.Now().UTC()
	for _, r := range c.rules(at) {
		if r.kind == rawsql.OldAuditLogs {
			continue // they go by their chain: see auditUpkeep
		}
		if r.kind == rawsql.PendingIdentities && !c.pending.due(at) {
			continue
		}
		if _, err := c.expire(ctx, r.kind, r.before, cleanupRows, cleanupRounds); err != nil {
			failures = append(failures, err)
		}
	}
	if _, err := c.usage.Expire(ctx, time.Now(), cleanupRows*cleanupRounds); err != nil {
		failures = append(failures, fmt.Errorf("clean up usage: %w", err))
	}
	if c.tenants != nil {
		failures = append(failures, c.purge(ctx), c.round(ctx, "move signing keys on", c.tenants.AdvanceDueKeys))
		if c.rotated.due(time.Now()) {
			failures = append(failures, c.round(ctx, "rotate signing keys", c.tenants.RotateDueKeys))
		}
	}
	if c.saml != nil {
		failures = append(failures, c.round(ctx, "move SAML certificates on", c.saml.AdvanceDueCertificates), c.saml.RefreshDue(ctx))
	}
	return errors.Join(failures...)
}

// hankoCeremonies is a table that Hanko's cleanup names. Ceremonies are part of flows here and go with them.
const hankoCeremonies = "webauthn_session_data"

// Expired is how many rows of a table had expired.
type Expired struct {
	Table string
	Rows  int
}

// Cleanup counts the expired rows of the tables named, or of all where none is, and with run deletes them, size at a time.
func (w *Worker) Cleanup(ctx context.Context, tables []string, size int, run bool) ([]Expired, error) {
	if size < 1 {
		return nil, errors.New("the page size must be positive")
	}
	rules := w.cleanup.rules(time.Now().UTC())
	var known []string
	for _, r := range rules {
		known = append(known, r.kind.String())
	}
	var found []Expired
	for _, table := range tables {
		if table == hankoCeremonies {
			found = append(found, Expired{Table: table})
			continue
		}
		if !slices.Contains(known, table) {
			return nil, fmt.Errorf("there is no table %q to clean up: choose from %s", table, strings.Join(known, ", "))
		}
	}
	for _, r := range rules {
		if len(tables) > 0 && !slices.Contains(tables, r.kind.String()) {
			continue
		}
		n, err := w.cleanup.one(ctx, r, size, run)
		if err != nil {
			return found, err
		}
		if last := len(found) - 1; last >= 0 && found[last].Table == r.kind.String() { // two rules for one table
			found[last].Rows += n
			continue
		}
		found = append(found, Expired{Table: r.kind.String(), Rows: n})
	}
	return found, nil
}

func (c *cleanup) one(ctx context.Context, r rule, size int, run bool) (int, error) {
	if r.kind == rawsql.OldAuditLogs {
		return c.audit.all(ctx, r.before, size, run)
	}
	if run {
		return c.expire(ctx, r.kind, r.before, size, math.MaxInt)
	}
	return c.store.Raw().CountExpired(scope.With(ctx, scope.System("count expired rows of all tenants")), r.kind, r.before)
}

// expire deletes expired rows of a kind in transactions of rows each, at most rounds of them, and returns how many went.
func (c *cleanup) expire(ctx context.Context, kind rawsql.Expiring, before time.Time, rows, rounds int) (int, error) {
	total := 0
	for range rounds {
		deleted, err := c.some(ctx, kind, before, rows)
		if err != nil {
			return total, fmt.Errorf("clean up: %w", err)
		}
		total += deleted
		if deleted < rows {
			break
		}
	}
	if total > 0 {
		c.log.DebugContext(ctx, "cleaned up", "table", kind.String(), "rows", total)
	}
	return total, nil
}

// some deletes expired rows of a kind in one transaction, and returns how many went: less than rows where no more are left.
func (c *cleanup) some(ctx context.Context, kind rawsql.Expiring, before time.Time, rows int) (deleted int, err error) {
	if kind == rawsql.PendingIdentities {
		return c.somePending(ctx, before, rows)
	}
	err = c.store.Do(ctx, scope.System("delete expired rows of all tenants"), func(ctx context.Context, tx *store.Tx) error {
		var err error
		deleted, err = tx.Raw.DeleteExpired(ctx, kind, before, rows)
		return err
	})
	return deleted, err
}

func (c *cleanup) purge(ctx context.Context) error {
	for range cleanupRounds {
		gone, err := c.tenants.Purge(ctx, cleanupRows)
		if err != nil {
			return fmt.Errorf("purge deleted tenants: %w", err)
		}
		if gone == 0 {
			return nil
		}
	}
	return nil
}

// round does something for all tenants for which it is due, some at a time.
func (c *cleanup) round(ctx context.Context, what string, some func(context.Context, uuid.UUID, int) (uuid.UUID, error)) error {
	after := uuid.Nil
	for range cleanupRounds {
		next, err := some(ctx, after, cleanupRows)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if next == uuid.Nil {
			return nil
		}
		after = next
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
		p.enqueue(ctx, cleanupType, cleanupEvery-5*time.Second, cleanupEvery)
		p.enqueue(ctx, domainsType, domainsEvery-5*time.Second, domainsTime)
		p.enqueue(ctx, reencryptType, reencryptEvery-5*time.Second, reencryptTime)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// enqueue calls for a job, once in a time whoever does, that may take so long.
func (p *periodic) enqueue(ctx context.Context, kind string, once, takes time.Duration) {
	_, err := p.client.EnqueueContext(ctx, asynq.NewTask(kind, nil),
		asynq.Queue(periodicQueue), asynq.MaxRetry(0), asynq.Unique(once), asynq.Timeout(takes))
	if err != nil && !errors.Is(err, asynq.ErrDuplicateTask) && ctx.Err() == nil {
		p.log.WarnContext(ctx, "a periodic job cannot be enqueued", "job", kind, "error", err)
	}
}
