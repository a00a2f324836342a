package rawsql

import (
	"context"
	"database/sql"
	"fmt"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// A TenantSearch says which tenants are looked for, by the beginning of what they are called.
type TenantSearch struct {
	Prefix  string      // of slug or name, in lower case
	Status  string      // only these; empty: all but those of Without
	Without []string    // not these, where Status is empty
	Origin  string      // not these
	Only    []uuid.UUID // only these; nil: all
	After   TenantPlace // the zero place is the beginning
	Limit   int
}

// A TenantPlace is just behind a tenant in the order of slugs, or of names.
type TenantPlace struct {
	Text string
	ID   uuid.UUID
}

// TenantsBySlug are the ids of the tenants whose slug has a beginning, sorted by it. It needs the system scope.
func (q *Queries) TenantsBySlug(ctx context.Context, f TenantSearch) ([]uuid.UUID, error) {
	return q.tenants(ctx, "slug", f)
}

// TenantsByName are the ids of the tenants whose name has a beginning and whose slug has not, sorted by the name. It needs the system scope.
func (q *Queries) TenantsByName(ctx context.Context, f TenantSearch) ([]uuid.UUID, error) {
	return q.tenants(ctx, "name_folded", f)
}

func (q *Queries) tenants(ctx context.Context, column string, f TenantSearch) ([]uuid.UUID, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("search tenants: %w", err)
	}
	text, args := q.TenantList(column, f)
	rows, err := q.db.QueryContext(ctx, text, args...)
	found, err := collect(rows, err, func(rows *sql.Rows) (id uuid.UUID, err error) { return id, rows.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("search tenants: %w", err)
	}
	return found, nil
}

// TenantList is the statement that finds tenants by the beginning of a column, slug or name_folded, and its arguments.
//
// Why raw: ent knows no range of texts that PostgreSQL finds by an index whatever the database's collation is, and none that it trusts below
// row-level security.
func (q *Queries) TenantList(column string, f TenantSearch) (string, []any) {
	s := &statement{}
	s.add(`SELECT id FROM tenants WHERE origin <> ?`, f.Origin)
	if f.After.ID == uuid.Nil {
		q.prefix(s, column, f.Prefix)
	} else {
		q.between(s, column, f.After.Text, f.Prefix) // one lower bound: of two, some databases take the wrong one
		s.add(` AND (`+column+` `+q.textAbove()+` ? OR id > ?)`, f.After.Text, f.After.ID)
	}
	if column != "slug" {
		s.add(` AND NOT (1 = 1`)
		q.prefix(s, `slug`, f.Prefix)
		s.add(`)`)
	}
	if f.Status != "" {
		s.add(` AND status = ?`, f.Status)
	} else {
		s.add(` AND status NOT IN (`+marks(len(f.Without))+`)`, list(f.Without)...)
	}
	if f.Only != nil {
		s.add(` AND id IN (`+marks(len(f.Only))+`)`, list(f.Only)...)
	}
	s.add(` ORDER BY ` + column)
	if q.dialect == dialect.Postgres {
		s.add(` USING ~<~`)
	}
	s.add(`, id LIMIT ?`, f.Limit)
	return q.bind(s.String()), s.args
}
