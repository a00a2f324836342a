package rawsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// ClaimedEndpoint is an endpoint of webhooks that its claimer alone delivers to until the lease ends.
type ClaimedEndpoint struct {
	ID       uuid.UUID
	TenantID uuid.UUID
	Failures int       // attempts in a row that failed
	Until    time.Time // the end of the lease, which names it, too: another lease ends at another time
}

// ClaimEndpoints takes endpoints that something is to be delivered to, the longest waiting first, so that no other claimer has them before the
// lease ends. Run it in the system scope. However much waits for an endpoint, it is one row here.
//
// A lease is a due_at ahead and the same open_until: who wakes an endpoint leaves one alone that nothing may be tried at yet, be it that its
// circuit is open or that somebody is at work.
//
// Why raw: ent has no SKIP LOCKED.
func (q *Queries) ClaimEndpoints(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]ClaimedEndpoint, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("claim endpoints: %w", err)
	}
	if limit < 1 || lease <= 0 {
		return nil, errors.New("claim endpoints: limit or lease out of range")
	}
	until := stamp(now).Add(lease)
	rows, err := q.query(ctx, `SELECT id, tenant_id, failures FROM webhook_endpoints WHERE due_at <= ? ORDER BY due_at LIMIT ?`+q.skipLocked(), stamp(now), limit)
	found, err := collect(rows, err, func(rows *sql.Rows) (ClaimedEndpoint, error) {
		e := ClaimedEndpoint{Until: until}
		return e, rows.Scan(&e.ID, &e.TenantID, &e.Failures)
	})
	if err != nil {
		return nil, fmt.Errorf("claim endpoints: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	args := []any{until, until}
	for _, e := range found {
		args = append(args, e.ID)
	}
	if _, err := q.exec(ctx, `UPDATE webhook_endpoints SET due_at = ?, open_until = ? WHERE id IN (`+marks(len(found))+`)`, args...); err != nil {
		return nil, fmt.Errorf("claim endpoints: lease: %w", err)
	}
	return found, nil
}

// WakeEndpoints makes endpoints of the tenant due, now or once something may be tried again. Lock their rows before, where what they are woken
// for was not committed yet: who ends a lease looks for it under the same lock.
//
// Why raw: the new time depends on three columns of each row.
func (q *Queries) WakeEndpoints(ctx context.Context, now time.Time, ids ...uuid.UUID) error {
	owner, err := tenant(ctx)
	if err != nil {
		return fmt.Errorf("wake endpoints: %w", err)
	}
	if len(ids) == 0 {
		return nil
	}
	at := stamp(now)
	mark := "?"
	if q.dialect == dialect.Postgres {
		mark = "?::timestamptz"
	}
	args := []any{at, at, at, at, owner}
	if _, err := q.exec(ctx, `UPDATE webhook_endpoints SET due_at = CASE
		WHEN open_until > `+mark+` AND due_at IS NULL THEN open_until WHEN open_until > `+mark+` THEN due_at
		WHEN due_at IS NULL OR due_at > `+mark+` THEN `+mark+` ELSE due_at END
		WHERE tenant_id = ? AND id IN (`+marks(len(ids))+`)`, append(args, list(ids)...)...); err != nil {
		return fmt.Errorf("wake endpoints: %w", err)
	}
	return nil
}

// ReleaseEndpoint ends a lease before anything was delivered: the endpoint is due again at a time. A lease that is over is left alone.
//
// Why raw: no row is read, and updated_at is none of its business.
func (q *Queries) ReleaseEndpoint(ctx context.Context, e ClaimedEndpoint, at time.Time) error {
	owned, owner, err := reach(ctx)
	if err != nil {
		return fmt.Errorf("release endpoint: %w", err)
	}
	args := append([]any{stamp(at), e.ID, stamp(e.Until)}, owner...)
	if _, err := q.exec(ctx, `UPDATE webhook_endpoints SET due_at = ?, open_until = NULL WHERE id = ? AND due_at = ?`+owned, args...); err != nil {
		return fmt.Errorf("release endpoint: %w", err)
	}
	return nil
}

// ReleaseAllEndpoints ends all leases: see ReleaseAllIntents. It cannot tell a lease from an open circuit, so the latter is tried, too.
//
// Why raw: see IntentsDone.
func (q *Queries) ReleaseAllEndpoints(ctx context.Context, now time.Time) (int, error) {
	if err := system(ctx); err != nil {
		return 0, fmt.Errorf("release endpoints: %w", err)
	}
	n, err := q.exec(ctx, `UPDATE webhook_endpoints SET due_at = ?, open_until = NULL WHERE due_at > ? AND due_at = open_until`,
		stamp(now), stamp(now))
	if err != nil {
		return 0, fmt.Errorf("release endpoints: %w", err)
	}
	return n, nil
}
