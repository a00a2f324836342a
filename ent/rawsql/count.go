package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Usage is how much a tenant holds.
type Usage struct {
	TenantID uuid.UUID
	Users    int
	Sessions int // live ones
}

// UsageOf counts what each of the tenants holds, in one statement, in no particular order. A tenant that does not exist counts nothing.
//
// Why raw: ent groups one table at a time.
func (q *Queries) UsageOf(ctx context.Context, now time.Time, tenants ...uuid.UUID) ([]Usage, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("count usage: %w", err)
	}
	if len(tenants) == 0 {
		return nil, nil
	}
	rows, err := q.query(ctx, `SELECT t.id,
		(SELECT COUNT(*) FROM users u WHERE u.tenant_id = t.id),
		(SELECT COUNT(*) FROM sessions s WHERE s.tenant_id = t.id AND s.expires_at > ?)
		FROM tenants t WHERE t.id IN (`+marks(len(tenants))+`)`, append([]any{stamp(now)}, list(tenants)...)...)
	found, err := collect(rows, err, func(rows *sql.Rows) (u Usage, err error) {
		return u, rows.Scan(&u.TenantID, &u.Users, &u.Sessions)
	})
	if err != nil {
		return nil, fmt.Errorf("count usage: %w", err)
	}
	return found, nil
}
