package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/ddl"
)

// Expiring names a kind of row that is of no use after a time.
type Expiring struct {
	table, column, where string
}

// The kinds of row that clean-up deletes, each by the column that says how old it is.
var (
	ExpiredFlows           = Expiring{table: "flows", column: "expires_at"}
	ExpiredPasscodes       = Expiring{table: "passcodes", column: "expires_at"}
	ExpiredOneTimeTokens   = Expiring{table: "one_time_tokens", column: "expires_at"}
	ExpiredTrustedDevices  = Expiring{table: "trusted_devices", column: "expires_at"}
	ExpiredSessions        = Expiring{table: "sessions", column: "expires_at"}
	ExpiredRevocations     = Expiring{table: "revocations", column: "expires_at"}
	ExpiredSAMLUses        = Expiring{table: "saml_uses", column: "expires_at"}
	ExpiredIdempotencyKeys = Expiring{table: "idempotency_keys", column: "expires_at"}
	DoneIntents            = Expiring{table: "outbox", column: "done_at", where: "state = 'done' AND "}
	DroppedIntents         = Expiring{table: "outbox", column: "done_at", where: "state = 'dropped' AND kind <> 'mail' AND "}
	SentMails              = Expiring{table: "outbox", column: "done_at", where: "state = 'sent' AND "}
	DroppedMails           = Expiring{table: "outbox", column: "done_at", where: "state = 'dropped' AND kind = 'mail' AND "}
	DeadIntents            = Expiring{table: "outbox", column: "done_at", where: "state = 'dead' AND "}
	OldAuditLogs           = Expiring{table: "audit_logs", column: "created_at"}
	OldWebhookDeliveries   = Expiring{table: "webhook_deliveries", column: "created_at", where: "state IN ('delivered', 'dropped') AND "}
	DeadWebhookDeliveries  = Expiring{table: "webhook_deliveries", column: "created_at", where: "state = 'dead' AND "}
	ExpiredJobs            = Expiring{table: "jobs", column: "expires_at"}
	PendingIdentities      = Expiring{table: "identities", column: "created_at", where: "user_id IS NULL AND "}
)

// String is the name of the table.
func (e Expiring) String() string { return e.table }

// DeleteExpired deletes at most limit rows that expired before a time, and returns how many. With the scope of a tenant it deletes only
// hers; with the system scope, those of all. Several replicas may clean up at once.
//
// Why raw: ent has no DELETE with a limit, and one without holds its locks for as long as the heap is high.
func (q *Queries) DeleteExpired(ctx context.Context, kind Expiring, before time.Time, limit int) (int, error) {
	where, args, err := q.expired(ctx, kind, before)
	if err != nil {
		return 0, fmt.Errorf("delete expired rows of %s: %w", kind, err)
	}
	n, err := q.deleteSome(ctx, kind.table, where, kind.column, args, limit)
	if err != nil {
		return 0, fmt.Errorf("delete expired rows of %s: %w", kind, err)
	}
	return n, nil
}

// CountExpired counts what DeleteExpired would delete without a limit.
//
// Why raw: it must count by the very condition that DeleteExpired deletes by.
func (q *Queries) CountExpired(ctx context.Context, kind Expiring, before time.Time) (int, error) {
	where, args, err := q.expired(ctx, kind, before)
	if err != nil {
		return 0, fmt.Errorf("count expired rows of %s: %w", kind, err)
	}
	rows, err := q.query(ctx, `SELECT COUNT(*) FROM `+kind.table+` WHERE `+where, args...)
	counts, err := collect(rows, err, func(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("count expired rows of %s: %w", kind, err)
	}
	return counts[0], nil
}

func (q *Queries) expired(ctx context.Context, kind Expiring, before time.Time) (string, []any, error) {
	owned, owner, err := reach(ctx)
	return kind.where + kind.column + ` < ?` + owned, append([]any{stamp(before)}, owner...), err
}

// deleteSome deletes at most limit rows, those first in order where that is not empty.
func (q *Queries) deleteSome(ctx context.Context, table, where, order string, args []any, limit int) (int, error) {
	if order != "" {
		order = ` ORDER BY ` + order
	}
	if q.dialect == dialect.MySQL {
		return q.exec(ctx, `DELETE FROM `+table+` WHERE `+where+order+` LIMIT ?`, append(args, limit)...)
	}
	return q.exec(ctx, `DELETE FROM `+table+` WHERE id IN (SELECT id FROM `+table+` WHERE `+where+order+` LIMIT ?`+q.skipLocked()+`)`,
		append(args, limit)...)
}

// Purged is what went of a tenant.
type Purged struct {
	Rows map[string]int // by table; those of which nothing went are left out
	Gone bool           // the tenant itself went, too
}

// Total is how many rows went, but for the tenant itself.
func (p Purged) Total() int {
	total := 0
	for _, n := range p.Rows {
		total += n
	}
	return total
}

// PurgeTenant deletes at most limit rows of a tenant, children before parents and the tenant last. It reports what went and whether the tenant
// itself is gone; call it until then, each time in a unit of work of its own.
//
// Why raw: one DELETE of the tenant would cascade to a million rows in one transaction.
func (q *Queries) PurgeTenant(ctx context.Context, id uuid.UUID, limit int) (Purged, error) {
	purged := Purged{Rows: map[string]int{}}
	if err := system(ctx); err != nil {
		return purged, fmt.Errorf("purge tenant: %w", err)
	}
	tables := ddl.TenantTables()
	slices.Reverse(tables)
	for _, table := range tables {
		n, err := q.deleteSome(ctx, table, `tenant_id = ?`, "", []any{id}, limit)
		if err != nil {
			return purged, fmt.Errorf("purge %s of tenant: %w", table, err)
		}
		if n > 0 {
			purged.Rows[table] = n
		}
		if limit -= n; limit <= 0 {
			return purged, nil
		}
	}
	if _, err := q.exec(ctx, `DELETE FROM tenants WHERE id = ?`, id); err != nil {
		return purged, fmt.Errorf("purge tenant: %w", err)
	}
	purged.Gone = true
	return purged, nil
}
