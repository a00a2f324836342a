package usage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

const (
	// flushEvery is how often calls are written down. A process that is killed loses those since.
	flushEvery = 10 * time.Second
	// flushAt is with how many counters they are written down before it is time.
	flushAt = 10_000
	// flushTime bounds writing when the program ends.
	flushTime = 5 * time.Second
)

// Calls counts requests to the APIs of tenants in memory. The nil Calls counts nothing.
type Calls struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time
	full  chan struct{}
	told  func(tenant uuid.UUID)

	mu     sync.Mutex
	counts map[call]int64
}

// A call is a counter of calls.
type call struct {
	tenant uuid.UUID
	day    Day
	metric string
}

// NewCalls makes counters. Run has them written down.
func NewCalls(st *store.Store, log *slog.Logger) *Calls {
	return &Calls{store: st, log: log, now: time.Now, full: make(chan struct{}, 1), counts: map[call]int64{}}
}

// Telling has a function hear of the tenants whose calls of the admin API were written down. It must not block.
func (c *Calls) Telling(told func(tenant uuid.UUID)) *Calls {
	c.told = told
	return c
}

// Count counts a request to an API: PublicCalls or AdminCalls.
func (c *Calls) Count(tenant uuid.UUID, metric string) {
	if c == nil {
		return
	}
	key := call{tenant, DayOf(c.now()), metric}
	c.mu.Lock()
	c.counts[key]++
	full := len(c.counts) >= flushAt
	c.mu.Unlock()
	if full {
		select {
		case c.full <- struct{}{}:
		default:
		}
	}
}

// Run writes the counters down from time to time until the context ends, and then once more.
func (c *Calls) Run(ctx context.Context) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
			defer cancel()
			c.flush(last)
			return
		case <-ticker.C:
		case <-c.full:
		}
		c.flush(ctx)
	}
}

func (c *Calls) flush(ctx context.Context) {
	if err := c.Flush(ctx); err != nil && ctx.Err() == nil {
		c.log.WarnContext(ctx, "calls of APIs cannot be written down now and will be later", "error", err)
	}
}

// Flush writes the counters down. Those that cannot be written stay, as long as there is room for them.
func (c *Calls) Flush(ctx context.Context) error {
	c.mu.Lock()
	counts := c.counts
	c.counts = map[call]int64{}
	c.mu.Unlock()
	if len(counts) == 0 {
		return nil
	}
	rows := make([]rawsql.UsageCount, 0, len(counts))
	for key, n := range counts {
		rows = append(rows, rawsql.UsageCount{TenantID: key.tenant, Day: int(key.day), Metric: key.metric, Amount: n})
	}
	err := c.write(ctx, rows)
	if store.IsForeignKeyViolation(err) { // a tenant was purged meanwhile
		err = c.writeOneByOne(ctx, rows)
	}
	if err != nil {
		c.putBack(counts)
		return fmt.Errorf("write calls down: %w", err)
	}
	for key := range counts {
		if c.told != nil && key.metric == AdminCalls {
			c.told(key.tenant)
		}
	}
	return nil
}

func (c *Calls) write(ctx context.Context, rows []rawsql.UsageCount) error {
	return Again(func() error {
		return c.store.Do(ctx, scope.System("count the calls of all tenants"), func(ctx context.Context, tx *store.Tx) error {
			return tx.Raw.AddUsage(ctx, rows...)
		})
	})
}

// writeOneByOne leaves those out whose tenant is gone. Where one cannot be written nothing is known of those before it: they are given up, too,
// rather than counted twice.
func (c *Calls) writeOneByOne(ctx context.Context, rows []rawsql.UsageCount) error {
	var failures []error
	for _, row := range rows {
		if err := c.write(ctx, []rawsql.UsageCount{row}); err != nil && !store.IsForeignKeyViolation(err) {
			failures = append(failures, err)
		}
	}
	if len(failures) > 0 {
		c.log.WarnContext(ctx, "some calls of APIs were not counted", "error", errors.Join(failures...))
	}
	return nil
}

func (c *Calls) putBack(counts map[call]int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, n := range counts {
		if _, known := c.counts[key]; known || len(c.counts) < flushAt {
			c.counts[key] += n
		}
	}
}
