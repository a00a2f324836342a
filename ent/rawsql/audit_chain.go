package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// AuditStep is a record of the audit log of any tenant, as far as it says how long that log is and how old.
type AuditStep struct {
	TenantID  uuid.UUID
	Sequence  int64
	CreatedAt time.Time
	ID        uuid.UUID
}

// Place is where a walk goes on behind the record.
func (s AuditStep) Place() AuditPlace { return AuditPlace{CreatedAt: s.CreatedAt, ID: s.ID} }

// AuditSteps walks over the audit logs of all tenants in the order of time: at most limit records behind a place and before a time.
//
// Why raw: it must go by the index on the time alone, and ent would compare the place without a bound that the index serves.
func (q *Queries) AuditSteps(ctx context.Context, behind AuditPlace, before time.Time, limit int) ([]AuditStep, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("walk over audit logs: %w", err)
	}
	at := stamp(behind.CreatedAt)
	rows, err := q.query(ctx, `SELECT tenant_id, sequence, created_at, id FROM audit_logs
		WHERE created_at >= ? AND created_at < ? AND (created_at > ? OR id > ?) ORDER BY created_at, id LIMIT ?`,
		at, stamp(before), at, behind.ID, limit)
	steps, err := collect(rows, err, func(rows *sql.Rows) (s AuditStep, err error) {
		err = rows.Scan(&s.TenantID, &s.Sequence, &s.CreatedAt, &s.ID)
		s.CreatedAt = s.CreatedAt.UTC()
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("walk over audit logs: %w", err)
	}
	return steps, nil
}

// AuditCheckpoints finds up to which record the newest checkpoint of each of the tenants speaks. Tenants without one are not in the answer.
//
// Why raw: ent would read all checkpoints of a tenant to find the newest.
func (q *Queries) AuditCheckpoints(ctx context.Context, tenants ...uuid.UUID) (map[uuid.UUID]int64, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("find newest checkpoints: %w", err)
	}
	if len(tenants) == 0 {
		return nil, nil
	}
	type newest struct {
		tenant   uuid.UUID
		sequence sql.NullInt64
	}
	rows, err := q.query(ctx, `SELECT t.id, (SELECT MAX(c.sequence) FROM audit_checkpoints c WHERE c.tenant_id = t.id)
		FROM tenants t WHERE t.id IN (`+marks(len(tenants))+`)`, list(tenants)...)
	found, err := collect(rows, err, func(rows *sql.Rows) (n newest, err error) { return n, rows.Scan(&n.tenant, &n.sequence) })
	if err != nil {
		return nil, fmt.Errorf("find newest checkpoints: %w", err)
	}
	out := make(map[uuid.UUID]int64, len(found))
	for _, n := range found {
		if n.sequence.Valid {
			out[n.tenant] = n.sequence.Int64
		}
	}
	return out, nil
}

// DeleteAuditRecords deletes at most limit records of the tenant in scope, the oldest first, of those numbered up to a number. It returns how
// many went.
//
// Why raw: ent has no DELETE with a limit.
func (q *Queries) DeleteAuditRecords(ctx context.Context, upTo int64, limit int) (int, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return 0, fmt.Errorf("delete audit records: %w", err)
	}
	n, err := q.deleteSome(ctx, "audit_logs", `tenant_id = ? AND sequence <= ?`, "sequence", []any{owner, upTo}, limit)
	if err != nil {
		return 0, fmt.Errorf("delete audit records: %w", err)
	}
	return n, nil
}
