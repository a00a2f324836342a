package rawsql

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// UsageCount says that something happened so many times in a tenant on a day.
type UsageCount struct {
	TenantID uuid.UUID
	Day      int // since 1970-01-01, UTC
	Metric   string
	Amount   int64
}

// usageTogether is how many counters one statement changes: each needs seven values there, and SQLite bounds how deep a condition is.
const usageTogether = 200

// AddUsage adds to counters, each named once, and makes those that are not there. With the scope of a tenant it reaches only hers; with the
// system scope, those of all. Where somebody else makes the same counter at the same time it fails with a unique violation: run the unit of work
// anew. Run it last in a unit of work: others who add to the same counters wait for its end.
//
// Why raw: each row grows by a number of its own, in one statement that tells which rows there were.
func (q *Queries) AddUsage(ctx context.Context, counts ...UsageCount) error {
	counts = slices.DeleteFunc(slices.Clone(counts), func(c UsageCount) bool { return c.Amount == 0 })
	slices.SortFunc(counts, func(a, b UsageCount) int { // who adds to several locks them in one order
		return cmp.Or(bytes.Compare(a.TenantID[:], b.TenantID[:]), cmp.Compare(a.Day, b.Day), strings.Compare(a.Metric, b.Metric))
	})
	for some := range slices.Chunk(counts, usageTogether) {
		if err := q.addUsage(ctx, some); err != nil {
			return fmt.Errorf("add to usage: %w", err)
		}
	}
	return nil
}

func (q *Queries) addUsage(ctx context.Context, counts []UsageCount) error {
	owned, owner, err := reach(ctx)
	if err != nil {
		return err
	}
	if len(owner) > 0 && slices.ContainsFunc(counts, func(c UsageCount) bool { return c.TenantID != owner[0] }) {
		return ErrNeedsSystem
	}
	grow := `UPDATE usage_days SET amount = amount + CASE` + strings.Repeat(` WHEN tenant_id = ? AND day = ? AND metric = ? THEN ?`, len(counts)) + ` ELSE 0 END`
	where := ` WHERE (` + strings.Repeat(`tenant_id = ? AND day = ? AND metric = ? OR `, len(counts)-1) + `tenant_id = ? AND day = ? AND metric = ?)` + owned
	var names, values []any
	for _, c := range counts {
		names = append(names, c.TenantID, c.Day, c.Metric)
		values = append(values, c.TenantID, c.Day, c.Metric, c.Amount)
	}
	names = append(names, owner...)
	if q.dialect == dialect.Postgres { // it cannot tell the type of what is only counted with
		grow = strings.ReplaceAll(grow, "THEN ?", "THEN ?::bigint")
	}
	there, err := q.grow(ctx, grow, where, values, names)
	if err != nil || len(there) == len(counts) {
		return err
	}
	var rows []any
	for _, c := range counts {
		if !slices.Contains(there, usageName{c.TenantID, c.Day, c.Metric}) {
			rows = append(rows, uuid.Must(uuid.NewV7()), c.TenantID, c.Day, c.Metric, c.Amount)
		}
	}
	_, err = q.exec(ctx, `INSERT INTO usage_days (id, tenant_id, day, metric, amount) VALUES (?, ?, ?, ?, ?)`+
		strings.Repeat(`, (?, ?, ?, ?, ?)`, len(rows)/5-1), rows...)
	return err
}

type usageName struct {
	tenant uuid.UUID
	day    int
	metric string
}

// grow adds to the counters that are there, and tells which they are. MySQL's UPDATE tells only how many: there they are locked first.
func (q *Queries) grow(ctx context.Context, grow, where string, values, names []any) ([]usageName, error) {
	const columns = `tenant_id, day, metric`
	text, args := grow+where+` RETURNING `+columns, slices.Concat(values, names)
	if q.dialect == dialect.MySQL {
		text, args = `SELECT `+columns+` FROM usage_days`+where+` ORDER BY tenant_id, day, metric FOR UPDATE`, names
	}
	rows, err := q.query(ctx, text, args...)
	there, err := collect(rows, err, func(rows *sql.Rows) (n usageName, err error) { return n, rows.Scan(&n.tenant, &n.day, &n.metric) })
	if err == nil && q.dialect == dialect.MySQL && len(there) > 0 {
		_, err = q.exec(ctx, grow+where, slices.Concat(values, names)...)
	}
	return there, err
}

// UsageTotals are what happened in a tenant in some days.
type UsageTotals struct {
	TenantID   uuid.UUID
	Slug, Name string
	// Amounts are in the order of the groups that were asked for.
	Amounts []int64
}

// UsageAsk says what is wanted of the usage of all tenants.
type UsageAsk struct {
	From, To int // days, both included
	// Groups are patterns of metrics, as LIKE has them; each makes a sum.
	Groups []string
	// By is the group by which the list is ordered, the most first; -1 orders by the tenants' ids.
	By int
	// Only these tenants; all where nil.
	Only []uuid.UUID
	// Behind is the last one of the page before: the nil UUID for the first page. Amount is what it had of the group By.
	Behind uuid.UUID
	Amount int64
	Limit  int
}

// UsageOfTenants lists the tenants in which something happened, with sums. The system's own is not among them.
//
// Why raw: sums by condition, in one pass over the days, with a page that begins behind a sum.
func (q *Queries) UsageOfTenants(ctx context.Context, ask UsageAsk) ([]UsageTotals, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("list usage: %w", err)
	}
	if ask.Only != nil && len(ask.Only) == 0 {
		return nil, nil
	}
	text, args := `SELECT s.tenant_id, t.slug, t.name`, []any{}
	inner, of := `SELECT u.tenant_id`, []any{}
	for i, pattern := range ask.Groups {
		text += fmt.Sprintf(`, s.g%d`, i)
		inner += fmt.Sprintf(`, CAST(SUM(CASE WHEN u.metric LIKE ? THEN u.amount ELSE 0 END) AS %s) AS g%d`, q.integer(), i)
		of = append(of, pattern)
	}
	inner += ` FROM usage_days u WHERE u.day >= ? AND u.day <= ?`
	of = append(of, ask.From, ask.To)
	if ask.Only != nil {
		inner += ` AND u.tenant_id IN (` + marks(len(ask.Only)) + `)`
		of = append(of, list(ask.Only)...)
	}
	text += ` FROM (` + inner + ` GROUP BY u.tenant_id) s JOIN tenants t ON t.id = s.tenant_id WHERE t.status NOT IN ('deleting', 'importing') AND t.origin <> 'system'`
	args = append(args, of...)
	order := `s.tenant_id`
	by := fmt.Sprintf(`s.g%d`, ask.By)
	if ask.By >= 0 {
		order = by + ` DESC, s.tenant_id`
	}
	switch {
	case ask.Behind == uuid.Nil:
	case ask.By < 0:
		text += ` AND s.tenant_id > ?`
		args = append(args, ask.Behind)
	default:
		text += ` AND (` + by + ` < ? OR ` + by + ` = ? AND s.tenant_id > ?)`
		args = append(args, ask.Amount, ask.Amount, ask.Behind)
	}
	rows, err := q.query(ctx, text+` ORDER BY `+order+` LIMIT ?`, append(args, ask.Limit)...)
	found, err := collect(rows, err, func(rows *sql.Rows) (u UsageTotals, err error) {
		u.Amounts = make([]int64, len(ask.Groups))
		into := []any{&u.TenantID, &u.Slug, &u.Name}
		for i := range u.Amounts {
			into = append(into, &u.Amounts[i])
		}
		return u, rows.Scan(into...)
	})
	if err != nil {
		return nil, fmt.Errorf("list usage: %w", err)
	}
	return found, nil
}

// integer is the type that sums are turned into: they are decimals on some databases.
func (q *Queries) integer() string {
	if q.dialect == dialect.MySQL {
		return "SIGNED"
	}
	return "BIGINT"
}

// DeleteUsage deletes at most limit rows of usage from before a day, of a tenant or of all, and returns how many.
//
// Why raw: see DeleteExpired.
func (q *Queries) DeleteUsage(ctx context.Context, beforeDay, beforeMonth, limit int) (int, error) {
	owned, owner, err := reach(ctx)
	if err != nil {
		return 0, fmt.Errorf("delete usage: %w", err)
	}
	total := 0
	for _, one := range []struct {
		table, column string
		before        int
	}{{"usage_days", "day", beforeDay}, {"usage_people", "month", beforeMonth}} {
		n, err := q.deleteSome(ctx, one.table, one.column+` < ?`+owned, one.column, append([]any{one.before}, owner...), limit)
		if err != nil {
			return total, fmt.Errorf("delete usage: %w", err)
		}
		total += n
	}
	return total, nil
}
