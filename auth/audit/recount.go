package audit

import (
	"context"
	"time"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditcheckpoint"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// recountPage is how many records are read at once.
const recountPage = 1000

// A group is of metrics that a record whose content was erased may have been counted as.
type group string

const (
	groupSucceeded group = "successful sign-ins"
	groupFailed    group = "failed sign-ins"
	groupCreated   group = "new users"
)

// groupOf is the group of a metric; empty for one that types of records tell without their content.
func groupOf(metric string) group {
	_, outcome, ok := usage.ReadSignIn(metric)
	switch {
	case ok && outcome == usage.Succeeded:
		return groupSucceeded
	case ok:
		return groupFailed
	case metric == usage.Registrations, metric == usage.UsersCreated:
		return groupCreated
	}
	return ""
}

// A recount is what a tenant's audit log tells of some days.
type recount struct {
	from, to usage.Day
	// known is what records tell.
	known usage.Tally
	// vague are records whose content was erased, by day and group, and maybe who may have been active by them.
	vague map[vagueCount]int64
	maybe usage.Tally
	// last is the number of the last record that was read.
	last int64
}

type vagueCount struct {
	day   usage.Day
	group group
}

// recount counts a tenant's records of some days, in whose scope the context is. It reads all of them, some at a time. It gives nil where the log
// tells of none of the days.
func (u *Usage) recount(ctx context.Context, from, to usage.Day) (*recount, error) {
	first, err := u.first(ctx)
	if err != nil {
		return nil, err
	}
	if from = max(from, first); first < 0 || from > to {
		return nil, nil
	}
	r := &recount{from: from, to: to, vague: map[vagueCount]int64{}}
	for {
		rows, err := u.store.Reader().AuditLog.Query().
			Where(auditlog.SequenceGT(r.last), auditlog.CreatedAtGTE(from.Time()), auditlog.CreatedAtLT((to+1).Time())).
			Order(ent.Asc(auditlog.FieldSequence)).Limit(recountPage).
			Select(auditlog.FieldSequence, auditlog.FieldType, auditlog.FieldActorUserID, auditlog.FieldDetails, auditlog.FieldCreatedAt, auditlog.FieldErasedAt).
			All(ctx)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			r.add(row)
		}
		if len(rows) < recountPage {
			return r, nil
		}
	}
}

func (r *recount) add(row *ent.AuditLog) {
	r.last = row.Sequence
	c := counted{kind: row.Type, at: row.CreatedAt.UTC(), person: row.ActorUserID}
	if row.ErasedAt == nil {
		c.details = readCounted(row.Details)
		c.count(&r.known)
		return
	}
	var could usage.Tally
	c.count(&could)
	for n := range could.Counts() {
		if g := groupOf(n.Metric); g != "" && event.AuditType(row.Type) != event.ThirdPartySignup && event.AuditType(row.Type) != event.ThirdPartyFailed {
			r.vague[vagueCount{n.Day, g}]++
		} else {
			r.known.Add(c.at, n.Metric, 1)
		}
	}
	for who := range could.People() {
		if event.AuditType(row.Type) == event.UserCreated {
			r.maybe.Active(c.at, who.ID)
			continue
		}
		r.known.Active(c.at, who.ID)
	}
}

// first is the first day of which the tenant's log tells all; negative where there is none.
func (u *Usage) first(ctx context.Context) (usage.Day, error) {
	db := u.store.Reader()
	oldest, err := db.AuditLog.Query().Order(ent.Asc(auditlog.FieldSequence)).Select(auditlog.FieldSequence, auditlog.FieldCreatedAt).First(ctx)
	if ent.IsNotFound(err) {
		return -1, nil
	}
	if err != nil {
		return -1, err
	}
	day := max(usage.DayOf(oldest.CreatedAt), usage.DayOf(time.Now().Add(-usage.Retention))+1)
	if pruned, err := db.AuditCheckpoint.Query().Where(auditcheckpoint.PrunedAtNotNil()).Exist(ctx); err != nil || !pruned {
		return day, err
	}
	return day + 1, nil
}
