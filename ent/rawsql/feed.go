package rawsql

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// RevokedSince lists the sessions of all tenants that were ended at or after a time. Transactions do not commit in the order in which
// they write, so let the times overlap by longer than a unit of work lasts: a session that is listed twice does no harm.
//
// Why raw: one column, over all tenants, every few seconds on every replica.
func (q *Queries) RevokedSince(ctx context.Context, since time.Time) ([]uuid.UUID, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("read revocations: %w", err)
	}
	rows, err := q.query(ctx, `SELECT session_id FROM revocations WHERE created_at >= ?`, stamp(since))
	found, err := collect(rows, err, func(rows *sql.Rows) (id uuid.UUID, err error) { return id, rows.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("read revocations: %w", err)
	}
	return found, nil
}

// ChangedTenant is a tenant whose cached snapshot may be out of date.
type ChangedTenant struct {
	ID        uuid.UUID
	Slug      string
	Status    string
	Version   int64
	UpdatedAt time.Time
}

// TenantsChangedSince lists the tenants that were changed at or after a time, oldest change first, at most limit of them. The same
// overlap as for RevokedSince is in order; compare Version to see whether there is anything to do.
//
// Why raw: five narrow columns every few seconds on every replica, where ent would read every configuration.
func (q *Queries) TenantsChangedSince(ctx context.Context, since time.Time, limit int) ([]ChangedTenant, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("read changed tenants: %w", err)
	}
	rows, err := q.query(ctx, `SELECT id, slug, status, version, updated_at FROM tenants WHERE updated_at >= ?
		ORDER BY updated_at, id LIMIT ?`, stamp(since), limit)
	found, err := collect(rows, err, func(rows *sql.Rows) (ChangedTenant, error) {
		var t ChangedTenant
		err := rows.Scan(&t.ID, &t.Slug, &t.Status, &t.Version, &t.UpdatedAt)
		t.UpdatedAt = t.UpdatedAt.UTC()
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("read changed tenants: %w", err)
	}
	return found, nil
}

// SettingRotateEvery is the setting signing.rotate_every, as it stands in stored configurations.
const SettingRotateEvery = "rotate_every"

// TenantsThatSet lists tenants in whose stored configuration a member with a name occurs, those after a given one. It reads the configurations
// of all: it is for what happens now and then.
//
// Why raw: to look into JSON as text has no words in ent.
func (q *Queries) TenantsThatSet(ctx context.Context, member string, after uuid.UUID, limit int) ([]uuid.UUID, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("find tenants by a setting: %w", err)
	}
	kind := "TEXT"
	if q.dialect == dialect.MySQL {
		kind = "CHAR"
	}
	rows, err := q.query(ctx, `SELECT id FROM tenants WHERE id > ? AND status NOT IN ('deleting', 'importing') AND CAST(config AS `+kind+`) LIKE ? ORDER BY id LIMIT ?`,
		after, `%"`+member+`"%`, limit)
	ids, err := collect(rows, err, func(rows *sql.Rows) (id uuid.UUID, err error) { return id, rows.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("find tenants by a setting: %w", err)
	}
	return ids, nil
}
