package audit

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/usageperson"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// corrections are what makes the figures what the log tells.
type corrections struct {
	counts map[usage.Counter]int64 // to be added
	people map[usage.Person]usage.Day
	gone   []usage.Person
	found  []Difference
}

// compare tells where the figures differ from the log.
func (f figures) compare(told *recount) Comparison {
	c := Comparison{From: told.from, To: told.to, Any: true, Differences: f.corrections(told).found}
	for _, n := range told.vague {
		c.Erased += n
	}
	return c
}

func (f figures) corrections(told *recount) corrections {
	c := corrections{counts: map[usage.Counter]int64{}, people: map[usage.Person]usage.Day{}}
	known := told.known.Counts()
	groups := map[vagueCount][]usage.Counter{} // every metric of a group on a day
	for _, counts := range []map[usage.Counter]int64{known, f.counts} {
		for n := range counts {
			at := vagueCount{n.Day, groupOf(n.Metric)}
			switch {
			case n.Metric == usage.ActivePeople:
			case at.group == "" && f.counts[n] != known[n]:
				c.set(n, f.counts[n], known[n])
			case at.group != "" && !slices.Contains(groups[at], n):
				groups[at] = append(groups[at], n)
			}
		}
	}
	for at := range told.vague {
		if _, there := groups[at]; !there {
			groups[at] = nil
		}
	}
	for at, metrics := range groups {
		c.group(at, metrics, f.counts, known, told.vague[at])
	}
	c.active(f, told)
	slices.SortFunc(c.found, func(a, b Difference) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.What, b.What)) })
	return c
}

// set has a counter become what it should be.
func (c *corrections) set(n usage.Counter, is, should int64) {
	if is != should && c.counts[n] == 0 {
		c.counts[n] = should - is
		c.found = append(c.found, Difference{n.Day, n.Metric, is, should})
	}
}

// group compares the metrics that erased records may have been counted as: each has what is known of it at least, and all together no more than
// there are erased records.
func (c *corrections) group(at vagueCount, metrics []usage.Counter, is, known map[usage.Counter]int64, vague int64) {
	var more, less int64
	for _, n := range metrics {
		more += max(is[n]-known[n], 0)
		less += max(known[n]-is[n], 0)
	}
	if less == 0 && more == vague {
		return
	}
	rest := usage.Counter{Day: at.day, Metric: usage.Registrations}
	switch at.group {
	case groupSucceeded:
		rest.Metric = usage.SignIn(usage.UnknownMethod, usage.Succeeded)
	case groupFailed:
		rest.Metric = usage.SignIn(usage.UnknownMethod, usage.Failed)
	}
	if vague > 0 && !slices.Contains(metrics, rest) {
		metrics = append(metrics, rest)
	}
	for _, n := range metrics {
		should := known[n]
		if n == rest {
			should += vague
		}
		c.set(n, is[n], should)
	}
}

// active compares who was active. Somebody of whom a sign-up was erased may have been.
func (c *corrections) active(f figures, told *recount) {
	certain, maybe := told.known.People(), told.maybe.People()
	perDay := map[usage.Day]int64{}
	for who, first := range f.people {
		sure, known := certain[who]
		perhaps, possible := maybe[who]
		should := sure
		if possible && (!known || perhaps < sure) && first == perhaps {
			should, known = perhaps, true
		}
		switch {
		case first < told.from, first > told.to:
			continue // of a day that is not looked at
		case !known:
			c.gone = append(c.gone, who)
			continue
		case should != first:
			c.people[who] = should
		}
		perDay[should]++
	}
	for who, first := range certain {
		if _, there := f.people[who]; !there {
			c.people[who] = first
			perDay[first]++
		}
	}
	for day := told.from; day <= told.to; day++ {
		n := usage.Counter{Day: day, Metric: usage.ActivePeople}
		c.set(n, f.counts[n], perDay[day])
	}
}

// apply makes the corrections, in the scope of the tenant.
func (c corrections) apply(ctx context.Context, tx *store.Tx, tenant uuid.UUID) error {
	for _, who := range c.gone {
		if _, err := tx.UsagePerson.Delete().Where(usageperson.Month(int(who.Month)), usageperson.UserID(who.ID)).Exec(ctx); err != nil {
			return err
		}
	}
	for who, first := range c.people {
		if _, err := tx.UsagePerson.Delete().Where(usageperson.Month(int(who.Month)), usageperson.UserID(who.ID)).Exec(ctx); err != nil {
			return err
		}
		if err := tx.UsagePerson.Create().SetMonth(int(who.Month)).SetUserID(who.ID).SetDay(int(first)).Exec(ctx); err != nil {
			return err
		}
	}
	rows := make([]rawsql.UsageCount, 0, len(c.counts))
	for n, delta := range c.counts {
		rows = append(rows, rawsql.UsageCount{TenantID: tenant, Day: int(n.Day), Metric: n.Metric, Amount: delta})
	}
	return tx.Raw.AddUsage(ctx, rows...)
}
