package rawsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
)

// A Reference is a column of a tenant's table that names rows of another one by their ids, whether or not a foreign key says so.
type Reference struct{ Table, Column, Parent string }

// String is the reference as a person reads it.
func (r Reference) String() string { return r.Table + "." + r.Column + " to " + r.Parent }

// A Stretch is a part of a table that was looked at.
type Stretch struct {
	// Rows were looked at; Crossing of them name a row of another tenant.
	Rows, Crossing int
	// Last is the id that the stretch ends with: the next one begins behind it. It is nil where the table ends.
	Last any
}

// Crossings counts, among the limit rows of a table behind an id (nil for the first), those that name a row of another tenant. With the scope of a
// tenant it looks at hers only, and on PostgreSQL sees only hers: use the system scope and owner for that.
//
// Why raw: it must see the rows of two tenants at once, which ent is made never to do. Two statements with a bound each hold no lock and no old
// snapshot for long, however large the table is.
func (q *Queries) Crossings(ctx context.Context, r Reference, owner uuid.UUID, behind any, limit int) (Stretch, error) {
	if err := system(ctx); err != nil {
		return Stretch{}, fmt.Errorf("look at %s: %w", r, err)
	}
	where, args := `1 = 1`, []any(nil)
	if owner != uuid.Nil {
		where, args = `c.tenant_id = ?`, []any{owner}
	}
	if behind != nil {
		where, args = where+` AND c.id > ?`, append(args, behind)
	}
	rows, err := q.query(ctx, `SELECT c.id FROM `+r.Table+` c WHERE `+where+` ORDER BY c.id LIMIT 1 OFFSET ?`, append(args[:len(args):len(args)], limit-1)...)
	ends, err := collect(rows, err, func(rows *sql.Rows) (id any, err error) { return id, rows.Scan(&id) })
	if err != nil {
		return Stretch{}, fmt.Errorf("look at %s: %w", r, err)
	}
	var s Stretch
	if len(ends) > 0 {
		if s.Last = ends[0]; s.Last != nil {
			if text, ok := s.Last.([]byte); ok {
				s.Last = string(text)
			}
		}
		where, args = where+` AND c.id <= ?`, append(args, s.Last)
	}
	rows, err = q.query(ctx, `SELECT COUNT(*), COUNT(p.id) FROM `+r.Table+` c LEFT JOIN `+r.Parent+` p
		ON p.id = c.`+r.Column+` AND p.tenant_id <> c.tenant_id WHERE `+where, args...)
	counts, err := collect(rows, err, func(rows *sql.Rows) (n Stretch, err error) { return n, rows.Scan(&n.Rows, &n.Crossing) })
	if err != nil {
		return Stretch{}, fmt.Errorf("look at %s: %w", r, err)
	}
	s.Rows, s.Crossing = counts[0].Rows, counts[0].Crossing
	return s, nil
}

// TenantSample are the ids of at most limit tenants, in no particular order.
//
// Why raw: the probe below works on ids alone.
func (q *Queries) TenantSample(ctx context.Context, limit int) ([]uuid.UUID, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("find tenants: %w", err)
	}
	rows, err := q.query(ctx, `SELECT id FROM tenants ORDER BY id LIMIT ?`, limit)
	return collect(rows, err, func(rows *sql.Rows) (id uuid.UUID, err error) { return id, rows.Scan(&id) })
}

// A Sample is a row of a tenant.
type Sample struct {
	ID     any
	Tenant uuid.UUID
}

// SampleOfAnother finds a row of a table that is not the tenant's; nil where there is none.
//
// Why raw: it asks for what another tenant has. See Crossings.
func (q *Queries) SampleOfAnother(ctx context.Context, table string, than uuid.UUID) (*Sample, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("find a row of %s: %w", table, err)
	}
	rows, err := q.query(ctx, `SELECT id, tenant_id FROM `+table+` WHERE tenant_id <> ? LIMIT 1`, than)
	found, err := collect(rows, err, func(rows *sql.Rows) (s Sample, err error) { return s, rows.Scan(&s.ID, &s.Tenant) })
	if err != nil {
		return nil, fmt.Errorf("find a row of %s: %w", table, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// Sees reports whether a row is seen, with no condition but its id: it is the database that must keep it back.
//
// Why raw: ent would add the tenant, and so answer itself.
func (q *Queries) Sees(ctx context.Context, table string, id any) (bool, error) {
	if _, err := tenant(ctx); err != nil {
		return false, fmt.Errorf("look for a row of %s: %w", table, err)
	}
	rows, err := q.query(ctx, `SELECT 1 FROM `+table+` WHERE id = ?`, id)
	found, err := collect(rows, err, func(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) })
	if err != nil {
		return false, fmt.Errorf("look for a row of %s: %w", table, err)
	}
	return len(found) > 0, nil
}

// MayPlace tries to put a row into another tenant, in a unit of work that must be rolled back, and reports whether row-level security let it. What
// else the row lacks does not matter: the policy is asked first.
//
// Why raw: as Sees.
func (q *Queries) MayPlace(ctx context.Context, table string, id any, into uuid.UUID) (bool, error) {
	if _, err := tenant(ctx); err != nil {
		return false, fmt.Errorf("place a row into %s: %w", table, err)
	}
	err := q.Attempt(ctx, func() error {
		_, err := q.exec(ctx, `INSERT INTO `+table+` (id, tenant_id) VALUES (?, ?)`, id, into)
		return err
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code != "42501", nil // insufficient_privilege: the policy refused
	}
	return err == nil, err
}

// A Wall is what row-level security says of a table.
type Wall struct {
	Table string
	// Owned reports that the table belongs to tenants.
	Owned, Enabled, Forced bool
	// Policies are how many there are; Expression is the condition of the only one where it binds every role, command, reading and writing alike.
	Policies   int
	Expression string
	// Owns reports that the role that asks owns the table, or may become its owner.
	Owns bool
}

// Walls tells what row-level security says of every table. It needs no scope. There are none but on PostgreSQL.
//
// Why raw: it asks the catalogue of PostgreSQL.
func (q *Queries) Walls(ctx context.Context) ([]Wall, error) {
	if q.dialect != dialect.Postgres {
		return nil, nil
	}
	rows, err := q.query(ctx, `SELECT c.relname, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped),
		c.relrowsecurity, c.relforcerowsecurity, (SELECT COUNT(*) FROM pg_policy p WHERE p.polrelid = c.oid),
		COALESCE((SELECT MIN(pg_get_expr(p.polqual, p.polrelid)) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*' AND p.polpermissive
			AND p.polroles = '{0}' AND p.polwithcheck IS NULL), ''), pg_has_role(c.relowner, 'MEMBER')
		FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname`)
	found, err := collect(rows, err, func(rows *sql.Rows) (w Wall, err error) {
		return w, rows.Scan(&w.Table, &w.Owned, &w.Enabled, &w.Forced, &w.Policies, &w.Expression, &w.Owns)
	})
	if err != nil {
		return nil, fmt.Errorf("ask for row-level security: %w", err)
	}
	return found, nil
}

// Passages are what stands in the schema beside tables and could show their rows by the rights of another role: views, and functions that run
// as their owners. There are none but on PostgreSQL.
//
// Why raw: it asks the catalogue of PostgreSQL.
func (q *Queries) Passages(ctx context.Context) ([]string, error) {
	if q.dialect != dialect.Postgres {
		return nil, nil
	}
	rows, err := q.query(ctx, `SELECT 'view ' || relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('v', 'm', 'f')
		UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prosecdef ORDER BY 1`)
	found, err := collect(rows, err, func(rows *sql.Rows) (name string, err error) { return name, rows.Scan(&name) })
	if err != nil {
		return nil, fmt.Errorf("ask for views and functions: %w", err)
	}
	return found, nil
}
