package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// HurryDeliveries makes at most limit deliveries to an endpoint of the tenant due that wait for another try, those next in turn first.
//
// Why raw: ent has no UPDATE with a limit, and one without holds its locks for as long as the heap is high.
func (q *Queries) HurryDeliveries(ctx context.Context, endpoint uuid.UUID, now time.Time, limit int) error {
	owner, err := tenant(ctx)
	if err != nil {
		return fmt.Errorf("hurry deliveries: %w", err)
	}
	at := stamp(now)
	_, err = q.updateSome(ctx, "webhook_deliveries", `available_at = ?`, []any{at},
		`state = 'waiting' AND tenant_id = ? AND endpoint_id = ? AND available_at > ?`, "available_at", []any{owner, endpoint, at}, limit)
	if err != nil {
		return fmt.Errorf("hurry deliveries: %w", err)
	}
	return nil
}

// DropDeliveries gives up at most limit events that wait for an endpoint of the tenant, and returns how many. What holds a code, by the
// name of the event, is forgotten.
//
// Why raw: see HurryDeliveries.
func (q *Queries) DropDeliveries(ctx context.Context, endpoint uuid.UUID, now time.Time, secret string, limit int) (int, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return 0, fmt.Errorf("drop deliveries: %w", err)
	}
	at := stamp(now)
	n, err := q.updateSome(ctx, "webhook_deliveries",
		`payload = CASE WHEN event = ? THEN NULL ELSE payload END, state = 'dropped', finished_at = ?, updated_at = ?`, []any{secret, at, at},
		`state = 'waiting' AND tenant_id = ? AND endpoint_id = ?`, "available_at", []any{owner, endpoint}, limit)
	if err != nil {
		return 0, fmt.Errorf("drop deliveries: %w", err)
	}
	return n, nil
}

// Replay says which deliveries to make again.
type Replay struct {
	Endpoints []uuid.UUID
	State     string    // delivered, dead or dropped
	From, To  time.Time // of the event's fan-out; zero for no bound
	// Before is when the replay began: what was changed after is left alone, so that nothing is replayed twice.
	Before time.Time
	// GiveUpAt is until when they are tried.
	GiveUpAt time.Time
}

// ReplayDeliveries makes at most limit deliveries of the tenant wait again, the oldest first, as though they had never been tried. It returns
// how many. What was forgotten cannot be.
//
// Why raw: see HurryDeliveries.
func (q *Queries) ReplayDeliveries(ctx context.Context, r Replay, now time.Time, limit int) (int, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return 0, fmt.Errorf("replay deliveries: %w", err)
	}
	if len(r.Endpoints) == 0 {
		return 0, nil
	}
	where, args := `tenant_id = ? AND state = ? AND payload IS NOT NULL AND updated_at < ?`, []any{owner, r.State, stamp(r.Before)}
	if !r.From.IsZero() {
		where, args = where+` AND created_at >= ?`, append(args, stamp(r.From))
	}
	if !r.To.IsZero() {
		where, args = where+` AND created_at < ?`, append(args, stamp(r.To))
	}
	where, args = where+` AND endpoint_id IN (`+marks(len(r.Endpoints))+`)`, append(args, list(r.Endpoints)...)
	n, err := q.updateSome(ctx, "webhook_deliveries",
		`state = 'waiting', attempts = 0, available_at = ?, give_up_at = ?, finished_at = NULL, updated_at = ?`,
		[]any{stamp(now), stamp(r.GiveUpAt), stamp(now)}, where, "created_at", args, limit)
	if err != nil {
		return 0, fmt.Errorf("replay deliveries: %w", err)
	}
	return n, nil
}

// updateSome changes at most limit rows, those first in order.
func (q *Queries) updateSome(ctx context.Context, table, set string, values []any, where, order string, args []any, limit int) (int, error) {
	all := append(append(append([]any{}, values...), args...), limit)
	if q.dialect == dialect.MySQL {
		return q.exec(ctx, `UPDATE `+table+` SET `+set+` WHERE `+where+` ORDER BY `+order+` LIMIT ?`, all...)
	}
	return q.exec(ctx, `UPDATE `+table+` SET `+set+` WHERE id IN (SELECT id FROM `+table+` WHERE `+where+` ORDER BY `+order+` LIMIT ?)`, all...)
}

// CountWaiting counts what waits for each of the tenant's endpoints, up to most.
//
// Why raw: each count stops at its own limit, in one statement.
func (q *Queries) CountWaiting(ctx context.Context, endpoints []uuid.UUID, most int) (map[uuid.UUID]int, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("count waiting deliveries: %w", err)
	}
	const atOnce = 100
	counts := make(map[uuid.UUID]int, len(endpoints))
	for len(endpoints) > 0 {
		some := endpoints[:min(len(endpoints), atOnce)]
		endpoints = endpoints[len(some):]
		text, args := "", []any(nil)
		for i, id := range some {
			if i > 0 {
				text += ` UNION ALL `
			}
			text += fmt.Sprintf(`SELECT %d, COUNT(*) FROM (SELECT id FROM webhook_deliveries
				WHERE state = 'waiting' AND tenant_id = ? AND endpoint_id = ? LIMIT ?) w%d`, i, i)
			args = append(args, owner, id, most)
		}
		type count struct{ of, n int }
		rows, err := q.query(ctx, text, args...)
		found, err := collect(rows, err, func(rows *sql.Rows) (c count, err error) { return c, rows.Scan(&c.of, &c.n) })
		if err != nil {
			return nil, fmt.Errorf("count waiting deliveries: %w", err)
		}
		for _, c := range found {
			counts[some[c.of]] = c.n
		}
	}
	return counts, nil
}

// WebhookHeard notes that a webhook of the tenant took an event: it failed never, and lasts until a time. updated_at stays: nobody changed it.
//
// Why raw: ent would move updated_at on.
func (q *Queries) WebhookHeard(ctx context.Context, id uuid.UUID, expires time.Time) error {
	owner, err := tenant(ctx)
	if err == nil {
		_, err = q.exec(ctx, `UPDATE webhooks SET failures = 0, expires_at = ? WHERE tenant_id = ? AND id = ?`, stamp(expires), owner, id)
	}
	if err != nil {
		return fmt.Errorf("note a success of a webhook: %w", err)
	}
	return nil
}

// WebhookFailed counts events that a webhook of the tenant did not take, and switches it off when that makes more than most in a row.
//
// Why raw: what becomes of one column depends on another, in one statement; and see WebhookHeard.
func (q *Queries) WebhookFailed(ctx context.Context, id uuid.UUID, events, most int) error {
	owner, err := tenant(ctx)
	if err == nil {
		_, err = q.exec(ctx, `UPDATE webhooks SET enabled = CASE WHEN failures >= ? THEN ? ELSE enabled END, failures = failures + ?
			WHERE tenant_id = ? AND id = ?`, most+1-events, false, events, owner, id)
	}
	if err != nil {
		return fmt.Errorf("note a failure of a webhook: %w", err)
	}
	return nil
}
