package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// LockUser makes concurrent units of work about one user run one after the other, until the transaction ends. A user who does not exist
// is no error: there is nothing to guard.
//
// Why raw: ent's ForUpdate reads the whole row, and fails on SQLite, where nothing needs to be locked.
func (q *Queries) LockUser(ctx context.Context, id uuid.UUID) error {
	owner, err := tenant(ctx)
	if err != nil {
		return fmt.Errorf("lock user: %w", err)
	}
	lock := q.forUpdate()
	if lock == "" {
		return nil
	}
	rows, err := q.query(ctx, `SELECT 1 FROM users WHERE tenant_id = ? AND id = ?`+lock, owner, id)
	if _, err := collect(rows, err, func(*sql.Rows) (struct{}, error) { return struct{}{}, nil }); err != nil {
		return fmt.Errorf("lock user: %w", err)
	}
	return nil
}

// LockForSignIn is LockUser before a session is stored: it tells whether the user was blocked by then. Blocking her locks the same row.
//
// Why raw: as LockUser. It reads on SQLite, too.
func (q *Queries) LockForSignIn(ctx context.Context, id uuid.UUID) (blocked bool, err error) {
	owner, err := tenant(ctx)
	if err != nil {
		return false, fmt.Errorf("lock user: %w", err)
	}
	rows, err := q.query(ctx, `SELECT blocked_at IS NOT NULL FROM users WHERE tenant_id = ? AND id = ?`+q.forUpdate(), owner, id)
	found, err := collect(rows, err, func(rows *sql.Rows) (blocked bool, err error) { return blocked, rows.Scan(&blocked) })
	if err != nil {
		return false, fmt.Errorf("lock user: %w", err)
	}
	return len(found) > 0 && found[0], nil
}

// SurplusSession is a session beyond a user's limit.
type SurplusSession struct {
	ID        uuid.UUID
	ExpiresAt time.Time
}

// SurplusSessions lists a user's live sessions but for the newest keep, newest first. Lock the user before, so that the count holds.
//
// Why raw: two columns of a few rows at every sign-in, which ent reads as whole rows with their JSON.
func (q *Queries) SurplusSessions(ctx context.Context, userID uuid.UUID, keep int, now time.Time) ([]SurplusSession, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return nil, fmt.Errorf("list surplus sessions: %w", err)
	}
	rows, err := q.query(ctx, `SELECT id, expires_at FROM sessions WHERE tenant_id = ? AND user_id = ? AND expires_at > ?
		ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET ?`, owner, userID, stamp(now), max(keep, 0))
	found, err := collect(rows, err, func(rows *sql.Rows) (SurplusSession, error) {
		var s SurplusSession
		err := rows.Scan(&s.ID, &s.ExpiresAt)
		s.ExpiresAt = s.ExpiresAt.UTC()
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("list surplus sessions: %w", err)
	}
	return found, nil
}
