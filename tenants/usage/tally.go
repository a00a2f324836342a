package usage

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/usageperson"
)

// A Tally is what is to be counted of one tenant. The zero Tally is empty and ready. It is for one goroutine.
type Tally struct {
	counts map[Counter]int64
	people map[Person]Day // the first day of each
}

// Add counts something that happened.
func (t *Tally) Add(at time.Time, metric string, times int64) {
	t.add(Counter{DayOf(at), metric}, times)
}

func (t *Tally) add(n Counter, times int64) {
	if t.counts == nil {
		t.counts = map[Counter]int64{}
	}
	t.counts[n] += times
}

// Active says that a person was active.
func (t *Tally) Active(at time.Time, id uuid.UUID) {
	if t.people == nil {
		t.people = map[Person]Day{}
	}
	day := DayOf(at)
	who := Person{day.Month(), id}
	if first, seen := t.people[who]; !seen || day < first {
		t.people[who] = day
	}
}

// Empty reports whether there is nothing to count.
func (t *Tally) Empty() bool { return len(t.counts) == 0 && len(t.people) == 0 }

// Save adds the tally to what was counted in a tenant, whose scope the unit of work must have. Call it last in the unit, once. Where two make the
// same counter at once it fails with a unique violation: see [Again].
func (t *Tally) Save(ctx context.Context, tx *store.Tx, tenant uuid.UUID) error {
	sum := Tally{}
	for n, times := range t.counts {
		sum.add(n, times)
	}
	if err := t.savePeople(ctx, tx, &sum); err != nil {
		return fmt.Errorf("count active people: %w", err)
	}
	rows := make([]rawsql.UsageCount, 0, len(sum.counts))
	for n, times := range sum.counts {
		rows = append(rows, rawsql.UsageCount{TenantID: tenant, Day: int(n.Day), Metric: n.Metric, Amount: times})
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.Raw.AddUsage(ctx, rows...)
}

// savePeople remembers who was active, and counts who was not known to be. Records may come late: then the first day of somebody moves.
func (t *Tally) savePeople(ctx context.Context, tx *store.Tx, sum *Tally) error {
	months := map[Month][]uuid.UUID{}
	for who := range t.people {
		months[who.Month] = append(months[who.Month], who.ID)
	}
	for month, ids := range months {
		rows, err := tx.UsagePerson.Query().Where(usageperson.Month(int(month)), usageperson.UserIDIn(ids...)).All(ctx)
		if err != nil {
			return err
		}
		known := make(map[uuid.UUID]*ent.UsagePerson, len(rows))
		for _, row := range rows {
			known[row.UserID] = row
		}
		var fresh []*ent.UsagePersonCreate
		for _, id := range ids {
			first := t.people[Person{month, id}]
			row, seen := known[id]
			if seen && row.Day <= int(first) {
				continue
			}
			if seen {
				if err := tx.UsagePerson.DeleteOne(row).Exec(ctx); err != nil {
					return err
				}
				sum.add(Counter{Day(row.Day), ActivePeople}, -1)
			}
			sum.add(Counter{first, ActivePeople}, 1)
			fresh = append(fresh, tx.UsagePerson.Create().SetMonth(int(month)).SetUserID(id).SetDay(int(first)))
		}
		if len(fresh) == 0 {
			continue
		}
		if err := tx.UsagePerson.CreateBulk(fresh...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Again runs a unit of work that counts, anew where another makes the same counter at the same time.
func Again(unit func() error) error {
	const most = 10
	for try := 1; ; try++ {
		err := unit()
		if try == most || !collided(err) {
			return err
		}
	}
}

// collided reports whether a unit of work failed because another made a counter, or found somebody active, first.
func collided(err error) bool {
	switch store.ViolatedKey(err) {
	case "usageday_tenant_id_day_metric", "usageperson_tenant_id_month_user_id":
		return true
	}
	return false
}

// Counts are what the tally has of each counter. They are not to be changed.
func (t *Tally) Counts() map[Counter]int64 { return t.counts }

// People are who was active, and since when. They are not to be changed.
func (t *Tally) People() map[Person]Day { return t.people }
