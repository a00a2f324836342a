package audit

import (
	"context"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/ent/usageday"
	"github.com/latchkeep/latchkeep/ent/usageperson"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// A Usage compares what was counted with the audit log.
type Usage struct{ store *store.Store }

// NewUsage reads from a store.
func NewUsage(st *store.Store) *Usage { return &Usage{st} }

// A Difference is a figure that the log does not confirm.
type Difference struct {
	Day usage.Day
	// What is a metric, or the name of several that the log cannot tell apart because the content of records was erased.
	What          string
	Counted, Told int64
}

// A Comparison is the result of comparing.
type Comparison struct {
	// From and To are the days that were compared: those that the log tells all of. None where Any is false.
	From, To usage.Day
	Any      bool
	// Erased is how many records only tell their type.
	Erased      int64
	Differences []Difference
}

// ErrBusy is the answer where so much happens meanwhile that nothing can be compared: leave today out.
var ErrBusy = problem.Conflict("usage_busy", "too much happens meanwhile: compare days that are over")

// comparisons is how often it is tried to read figures and log while neither changes.
const comparisons = 5

// Compare tells where the usage of a tenant differs from its audit log. Error: ErrBusy.
func (u *Usage) Compare(ctx context.Context, tenantID uuid.UUID, from, to usage.Day) (Comparison, error) {
	c, _, _, err := u.compare(scope.With(ctx, scope.Tenant(tenantID)), from, to)
	if err != nil {
		return c, fmt.Errorf("compare usage of tenant %s: %w", tenantID, err)
	}
	return c, nil
}

// Rebuild makes the usage of a tenant what its audit log tells, where they differ, and tells where that was. What was counted in several ways
// and cannot be told apart any more becomes sign-ins by an unknown method, or registrations. Do not rebuild days on which no log was kept.
func (u *Usage) Rebuild(ctx context.Context, tenantID uuid.UUID, from, to usage.Day) (Comparison, error) {
	ctx = scope.With(ctx, scope.Tenant(tenantID))
	for range comparisons {
		c, seen, told, err := u.compare(ctx, from, to)
		if err != nil || len(c.Differences) == 0 {
			return c, err
		}
		overtaken := false
		err = u.store.Do(ctx, scope.System("rebuild the usage of a tenant"), func(ctx context.Context, tx *store.Tx) error {
			if _, err := store.Lock(tx, tx.Tenant.Query().Where(tenant.ID(tenantID))).Only(ctx); err != nil { // one at a time
				return err
			}
			ctx = scope.With(ctx, scope.Tenant(tenantID))
			now, err := counters(ctx, tx.UsageDay.Query(), told.from, told.to)
			if overtaken = !maps.Equal(now, seen.counts); err != nil || overtaken {
				return err
			}
			return seen.corrections(told).apply(ctx, tx, tenantID)
		})
		if err != nil || !overtaken {
			return c, err
		}
	}
	return Comparison{}, ErrBusy
}

// figures are what was counted.
type figures struct {
	counts map[usage.Counter]int64
	people map[usage.Person]usage.Day
}

// compare reads what was counted and what the log tells while neither changes.
func (u *Usage) compare(ctx context.Context, from, to usage.Day) (Comparison, figures, *recount, error) {
	for range comparisons {
		var seen figures
		var err error
		if seen.counts, err = counters(ctx, u.store.Reader().UsageDay.Query(), from, to); err != nil {
			return Comparison{}, seen, nil, err
		}
		told, err := u.recount(ctx, from, to)
		if err != nil || told == nil {
			return Comparison{}, seen, told, err
		}
		if seen.people, err = u.people(ctx, told.from, told.to); err != nil {
			return Comparison{}, seen, nil, err
		}
		again, err := counters(ctx, u.store.Reader().UsageDay.Query(), from, to)
		if err != nil {
			return Comparison{}, seen, nil, err
		}
		if maps.Equal(seen.counts, again) {
			maps.DeleteFunc(seen.counts, func(n usage.Counter, _ int64) bool { return n.Day < told.from })
			return seen.compare(told), seen, told, nil
		}
	}
	return Comparison{}, figures{}, nil, ErrBusy
}

// counters reads the counters of some days that follow from the log.
func counters(ctx context.Context, q *ent.UsageDayQuery, from, to usage.Day) (map[usage.Counter]int64, error) {
	rows, err := q.Where(usageday.DayGTE(int(from)), usageday.DayLTE(int(to))).All(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[usage.Counter]int64{}
	for _, row := range rows {
		if row.Amount != 0 && fromLog(row.Metric) {
			counts[usage.Counter{Day: usage.Day(row.Day), Metric: row.Metric}] = row.Amount
		}
	}
	return counts, nil
}

// fromLog reports whether a metric follows from the audit log.
func fromLog(metric string) bool {
	switch metric {
	case usage.ActivePeople, usage.UsersDeleted, usage.UsersImported:
		return true
	}
	return groupOf(metric) != ""
}

// people reads who was active in the months of some days.
func (u *Usage) people(ctx context.Context, from, to usage.Day) (map[usage.Person]usage.Day, error) {
	people := map[usage.Person]usage.Day{}
	after := uuid.Nil
	for {
		rows, err := u.store.Reader().UsagePerson.Query().
			Where(usageperson.MonthGTE(int(from.Month())), usageperson.MonthLTE(int(to.Month())), usageperson.IDGT(after)).
			Order(ent.Asc(usageperson.FieldID)).Limit(recountPage).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			people[usage.Person{Month: usage.Month(row.Month), ID: row.UserID}] = usage.Day(row.Day)
			after = row.ID
		}
		if len(rows) < recountPage {
			return people, nil
		}
	}
}
