package usage

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/usageday"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// MaxDays is the most days that one report has.
const MaxDays = 400

// A Room tells what was counted.
type Room struct{ store *store.Store }

// NewRoom reads from a store.
func NewRoom(st *store.Store) *Room { return &Room{st} }

// A Report is the usage of a tenant.
type Report struct {
	Tenant   uuid.UUID
	From, To Day // both included
	Days     []DayFigures
	// Totals are the sums over the days.
	Totals Figures
}

// DayFigures are those of a day.
type DayFigures struct {
	Day Day
	Figures
	// MonthlyActive is how many people were active in the month, up to the end of the day.
	MonthlyActive int64
}

// Of is the usage of a tenant, day by day. Error: invalid_period.
func (r *Room) Of(ctx context.Context, tenant uuid.UUID, from, to Day) (Report, error) {
	if from > to || to-from >= MaxDays {
		return Report{}, problem.Invalid("invalid_period", fmt.Sprintf("from must not be after to, and no more than %d days before", MaxDays))
	}
	first := from.Month().First() // people who are active in a month are counted from its beginning
	rows, err := r.store.Reader().UsageDay.Query().Where(usageday.DayGTE(int(first)), usageday.DayLTE(int(to))).All(scope.With(ctx, scope.Tenant(tenant)))
	if err != nil {
		return Report{}, fmt.Errorf("read usage: %w", err)
	}
	days := make([]DayFigures, to-first+1)
	for _, row := range rows {
		days[Day(row.Day)-first].add(row.Metric, row.Amount)
	}
	out := Report{Tenant: tenant, From: from, To: to}
	var active int64
	for i := range days {
		day := first + Day(i)
		if day == day.Month().First() {
			active = 0
		}
		active += days[i].ActivePeople
		days[i].Day, days[i].MonthlyActive = day, active
	}
	out.Days = days[from-first:]
	for _, row := range rows {
		if Day(row.Day) >= from {
			out.Totals.add(row.Metric, row.Amount)
		}
	}
	return out, nil
}

// Today is the day that it is.
func Today() Day { return DayOf(time.Now()) }

// An Order is that of a list of tenants.
type Order string

// The orders of lists: by who has most people active in the month, or by the ids of tenants.
const (
	ByActivePeople Order = "active_people"
	ByTenant       Order = "tenant"
)

// A Query says which tenants' usage is wanted.
type Query struct {
	Month Month
	Order Order
	Only  []uuid.UUID // only these tenants; all where nil
	// Behind is where the page before ended; nil for the first page.
	Behind *Place
	Limit  int
}

// A Place is where a page ends.
type Place struct {
	Tenant       uuid.UUID
	ActivePeople int64
}

// TenantFigures are those of a tenant in a month. Sign-ins are not told apart by method.
type TenantFigures struct {
	ID         uuid.UUID
	Slug, Name string
	Figures
}

// allMethods is the name under which sign-ins by all methods are put together.
const allMethods = "all"

// List is the usage of tenants in a month, of those in which something happened. more says that there are others.
func (r *Room) List(ctx context.Context, q Query) (list []TenantFigures, more bool, err error) {
	metrics := []string{
		ActivePeople, Registrations, UsersCreated, UsersImported, UsersDeleted, MailsSent, MailsFailed, WebhooksDelivered, WebhooksFailed,
		PublicCalls, AdminCalls, SignIn("%", Succeeded), SignIn("%", Failed),
	}
	ask := rawsql.UsageAsk{
		From: int(q.Month.First()), To: int(q.Month.Last()), Groups: metrics, By: -1, Only: q.Only, Limit: q.Limit + 1,
	}
	if q.Order == ByActivePeople {
		ask.By = 0
	}
	if q.Behind != nil {
		ask.Behind, ask.Amount = q.Behind.Tenant, q.Behind.ActivePeople
	}
	rows, err := r.store.Raw().UsageOfTenants(scope.With(ctx, scope.System("list the usage of tenants")), ask)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > q.Limit; more {
		rows = rows[:q.Limit]
	}
	list = make([]TenantFigures, len(rows))
	for i, row := range rows {
		list[i] = TenantFigures{ID: row.TenantID, Slug: row.Slug, Name: row.Name}
		for n, metric := range metrics {
			if _, outcome, ok := ReadSignIn(metric); ok {
				metric = SignIn(allMethods, outcome)
			}
			list[i].add(metric, row.Amounts[n])
		}
	}
	return list, more, nil
}

// Expire deletes what is older than Retention, at most limit rows of each kind, and returns how many went.
func (r *Room) Expire(ctx context.Context, now time.Time, limit int) (gone int, err error) {
	before := DayOf(now.Add(-Retention))
	err = r.store.Do(ctx, scope.System("delete old usage of all tenants"), func(ctx context.Context, tx *store.Tx) error {
		gone, err = tx.Raw.DeleteUsage(ctx, int(before), int(before.Month()), limit)
		return err
	})
	return gone, err
}

// All is List without pages.
func (r *Room) All(ctx context.Context, q Query) ([]TenantFigures, error) {
	const page = 1000
	var all []TenantFigures
	q.Limit, q.Behind = page, nil
	for {
		list, more, err := r.List(ctx, q)
		if err != nil {
			return nil, err
		}
		if all = append(all, list...); !more {
			return all, nil
		}
		place := list[len(list)-1].Place()
		q.Behind = &place
	}
}

// Place is where a page ends that the tenant is the last of.
func (t TenantFigures) Place() Place { return Place{t.ID, t.ActivePeople} }

// String is the place as clients are given it.
func (p Place) String() string { return fmt.Sprintf("%d.%s", p.ActivePeople, p.Tenant) }

// ParsePlace reads what String wrote. Error: invalid_cursor.
func ParsePlace(text string) (Place, error) {
	n, id, _ := strings.Cut(text, ".")
	amount, err := strconv.ParseInt(n, 10, 64)
	tenant, wrong := uuid.Parse(id)
	if err != nil || wrong != nil || tenant == uuid.Nil {
		return Place{}, problem.Invalid("invalid_cursor", "the cursor does not belong to this list")
	}
	return Place{tenant, amount}, nil
}

// Recent are the figures of a day that are of use while it lasts, and how many people were active in its month up to then. Sign-ins are left out.
func (r *Room) Recent(ctx context.Context, tenant uuid.UUID, day Day) (DayFigures, error) {
	rows, err := r.store.Reader().UsageDay.Query().Where(
		usageday.DayGTE(int(day.Month().First())), usageday.DayLTE(int(day)), usageday.MetricIn(ActivePeople, Registrations, MailsSent, WebhooksDelivered, AdminCalls),
	).All(scope.With(ctx, scope.Tenant(tenant)))
	if err != nil {
		return DayFigures{}, fmt.Errorf("read usage: %w", err)
	}
	d := DayFigures{Day: day}
	for _, row := range rows {
		if row.Metric == ActivePeople {
			d.MonthlyActive += row.Amount
		}
		if Day(row.Day) == day {
			d.add(row.Metric, row.Amount)
		}
	}
	return d, nil
}
