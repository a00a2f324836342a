package rawsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// OrderTries is up to how many attempts an event holds up later ones of the same ordering key at the same endpoint.
const OrderTries = 3

// DueDelivery is an event that waits for an endpoint.
type DueDelivery struct {
	ID         uuid.UUID
	MessageID  uuid.UUID
	Event      string
	Ordering   string
	Payload    []byte // sealed
	GiveUpAt   time.Time
	Attempts   int
	AttemptLog json.RawMessage
}

// inTurn is the condition that the first event of the same ordering key, where it is an earlier one, does not come later, because it waits for
// another try: such a one holds up those behind it, unless it was tried too often already.
var inTurn = fmt.Sprintf(`(d.ordering = '' OR COALESCE((SELECT CASE WHEN e.available_at > d.available_at THEN 0 ELSE 1 END FROM webhook_deliveries e
	WHERE e.state = 'waiting' AND e.tenant_id = d.tenant_id AND e.endpoint_id = d.endpoint_id AND e.ordering = d.ordering
	AND e.message_id < d.message_id AND e.attempts <= %d ORDER BY e.message_id LIMIT 1), 1) = 1)`, OrderTries)

// DueDeliveries lists what is to be delivered to an endpoint of the tenant, the longest waiting first. Of an ordering key it lists earlier
// events before later ones, where they are due in that order and none was tried before: whoever delivers one that was must look again before the
// next of its key. Run it in a unit of work.
//
// Why raw: a condition on other rows of the same table.
func (q *Queries) DueDeliveries(ctx context.Context, endpoint uuid.UUID, now time.Time, limit int) ([]DueDelivery, error) {
	return q.dueDeliveries(ctx, endpoint, "", now, limit)
}

// DueDeliveriesOf is DueDeliveries of one event alone.
//
// Why raw: see DueDeliveries.
func (q *Queries) DueDeliveriesOf(ctx context.Context, endpoint uuid.UUID, event string, now time.Time, limit int) ([]DueDelivery, error) {
	return q.dueDeliveries(ctx, endpoint, event, now, limit)
}

// only is the condition that a delivery is of an event; no condition where that is empty.
func only(event string) (where string, args []any) {
	if event == "" {
		return "", nil
	}
	return ` AND d.event = ?`, []any{event}
}

func (q *Queries) dueDeliveries(ctx context.Context, endpoint uuid.UUID, event string, now time.Time, limit int) ([]DueDelivery, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("list due deliveries: %w", err)
	}
	if err := q.byOrder(ctx); err != nil {
		return nil, fmt.Errorf("list due deliveries: %w", err)
	}
	of, args := only(event)
	args = append(append([]any{owner, endpoint, stamp(now)}, args...), limit)
	rows, err := q.query(ctx, `SELECT d.id, d.message_id, d.event, d.ordering, d.payload, d.give_up_at, d.attempts, d.attempt_log FROM webhook_deliveries d
		WHERE d.state = 'waiting' AND d.tenant_id = ? AND d.endpoint_id = ? AND d.available_at <= ?`+of+` AND `+inTurn+`
		ORDER BY d.available_at LIMIT ?`, args...)
	found, err := collect(rows, err, func(rows *sql.Rows) (d DueDelivery, err error) {
		var attempts []byte
		err = rows.Scan(&d.ID, &d.MessageID, &d.Event, &d.Ordering, &d.Payload, &d.GiveUpAt, &d.Attempts, &attempts)
		d.GiveUpAt, d.AttemptLog = d.GiveUpAt.UTC(), attempts
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("list due deliveries: %w", err)
	}
	return found, nil
}

// NextDelivery is when the next event is due for an endpoint of the tenant. ok is false when none waits. Run it in a unit of work.
//
// Why raw: see DueDeliveries.
func (q *Queries) NextDelivery(ctx context.Context, endpoint uuid.UUID) (at time.Time, ok bool, err error) {
	return q.NextDeliveryOf(ctx, endpoint, "")
}

// NextDeliveryOf is NextDelivery of one event alone; of any where that is empty.
//
// Why raw: see DueDeliveries.
func (q *Queries) NextDeliveryOf(ctx context.Context, endpoint uuid.UUID, event string) (at time.Time, ok bool, err error) {
	owner, err := tenant(ctx)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("find the next delivery: %w", err)
	}
	if err := q.byOrder(ctx); err != nil {
		return time.Time{}, false, fmt.Errorf("find the next delivery: %w", err)
	}
	of, args := only(event)
	rows, err := q.query(ctx, `SELECT d.available_at FROM webhook_deliveries d
		WHERE d.state = 'waiting' AND d.tenant_id = ? AND d.endpoint_id = ?`+of+` AND `+inTurn+` ORDER BY d.available_at LIMIT 1`, append([]any{owner, endpoint}, args...)...)
	found, err := collect(rows, err, func(rows *sql.Rows) (at time.Time, err error) { return at, rows.Scan(&at) })
	if err != nil {
		return time.Time{}, false, fmt.Errorf("find the next delivery: %w", err)
	}
	if len(found) == 0 {
		return time.Time{}, false, nil
	}
	return found[0].UTC(), true, nil
}

// TriedDelivery is what became of a delivery.
type TriedDelivery struct {
	ID          uuid.UUID
	State       string
	Attempts    int
	AvailableAt time.Time
	AttemptLog  json.RawMessage // a JSON list
	LastStatus  int
	FinishedAt  *time.Time
	Blank       bool // forget the payload
}

// SaveDeliveries writes what became of deliveries of the tenant that waited, in one statement, and returns how many there were: fewer than tried
// means that somebody else ended some. Run it in a unit of work.
//
// Why raw: each row gets values of its own.
func (q *Queries) SaveDeliveries(ctx context.Context, now time.Time, tried []TriedDelivery) (int, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return 0, fmt.Errorf("save deliveries: %w", err)
	}
	if len(tried) == 0 {
		return 0, nil
	}
	save := q.saveByCase
	if q.dialect == dialect.Postgres {
		save = q.saveByArrays
	}
	n, err := save(ctx, owner, stamp(now), tried)
	if err != nil {
		return 0, fmt.Errorf("save deliveries: %w", err)
	}
	return n, nil
}

// saveByArrays names rows by their ids alone, and hides what else must be true of them, as stillReady does: else PostgreSQL looks for them among all
// that waits.
func (q *Queries) saveByArrays(ctx context.Context, owner uuid.UUID, now time.Time, tried []TriedDelivery) (int, error) {
	types := []string{"uuid", "text", "bigint", "timestamptz", "text", "bigint", "timestamptz", "boolean"}
	var values []any
	for _, d := range tried {
		values = append(values, d.ID, d.State, d.Attempts, stamp(d.AvailableAt), string(d.AttemptLog), d.LastStatus, d.FinishedAt, d.Blank)
	}
	args := []any{now}
	arrays := make([]string, len(types))
	for i, typed := range types {
		arrays[i] = "?::" + typed + "[]"
		args = append(args, column(typed, values, i, len(types)))
	}
	if _, err := q.exec(ctx, `SET LOCAL enable_seqscan = off`); err != nil { // a plan made while the table was small is kept when it has grown
		return 0, err
	}
	return q.exec(ctx, `UPDATE webhook_deliveries AS d SET updated_at = ?, state = r.state, attempts = r.attempts, available_at = r.available_at,
		attempt_log = r.log::jsonb, last_status = r.status, finished_at = r.finished_at, payload = CASE WHEN r.blank THEN NULL ELSE d.payload END
		FROM unnest(`+strings.Join(arrays, ", ")+`) AS r (id, state, attempts, available_at, log, status, finished_at, blank)
		WHERE d.id = r.id AND d.id = ANY(?::uuid[]) AND CASE WHEN d.tenant_id = ? AND d.state = 'waiting' THEN 1 ELSE 0 END = 1`,
		append(args, args[1], owner)...)
}

func (q *Queries) saveByCase(ctx context.Context, owner uuid.UUID, now time.Time, tried []TriedDelivery) (int, error) {
	text, args := `UPDATE webhook_deliveries SET updated_at = ?`, []any{now}
	for _, c := range []struct {
		name string
		of   func(TriedDelivery) any
	}{
		{"attempts", func(d TriedDelivery) any { return d.Attempts }},
		{"available_at", func(d TriedDelivery) any { return stamp(d.AvailableAt) }},
		{"attempt_log", func(d TriedDelivery) any { return string(d.AttemptLog) }},
		{"last_status", func(d TriedDelivery) any { return d.LastStatus }},
		{"finished_at", func(d TriedDelivery) any { return d.FinishedAt }},
		{"state", func(d TriedDelivery) any { return d.State }},
	} {
		text += `, ` + c.name + ` = CASE id` + strings.Repeat(` WHEN ? THEN ?`, len(tried)) + ` END`
		for _, d := range tried {
			args = append(args, d.ID, c.of(d))
		}
	}
	var all, blank []any
	for _, d := range tried {
		all = append(all, d.ID)
		if d.Blank {
			blank = append(blank, d.ID)
		}
	}
	text += `, payload = CASE WHEN id IN (` + marks(len(blank)) + `) THEN NULL ELSE payload END`
	args = append(append(append(args, blank...), owner), all...)
	return q.exec(ctx, text+` WHERE tenant_id = ? AND state = 'waiting' AND id IN (`+marks(len(all))+`)`, args...)
}
