package hankodb

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// A column is one that is read, and how.
type column struct {
	name string
	kind kind
}

type kind int

const (
	asText kind = iota
	asTime
	asBool
	asInt
)

func text(names ...string) []column  { return columns(asText, names) }
func times(names ...string) []column { return columns(asTime, names) }
func bools(names ...string) []column { return columns(asBool, names) }
func ints(names ...string) []column  { return columns(asInt, names) }
func columns(k kind, names []string) []column {
	list := make([]column, len(names))
	for i, name := range names {
		list[i] = column{name, k}
	}
	return list
}

// expression reads a column. One that an older schema lacks is NULL.
func (s *Source) expression(table string, c column) string {
	if !s.catalog.hasColumn(table, c.name) {
		return "NULL"
	}
	if s.mysql() {
		return c.name
	}
	switch c.kind {
	case asTime:
		return "CASE WHEN isfinite(" + c.name + ") THEN " + c.name + " END"
	case asInt:
		return c.name + "::bigint"
	case asBool:
		return c.name
	default:
		return c.name + "::text"
	}
}

// A query is a statement being put together.
type query struct {
	source *Source
	table  string
	where  []string
	args   []any
	tail   string
}

// mysql reports whether the database is MySQL or MariaDB.
func (s *Source) mysql() bool { return s.dialect == dialect.MySQL }

func (s *Source) from(table string) *query { return &query{source: s, table: table} }

// arg adds a value and names its place.
func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	if q.source.mysql() {
		return "?"
	}
	return fmt.Sprintf("$%d", len(q.args))
}

// id is a value of the type of ids.
func (q *query) id(v uuid.UUID) string {
	if q.source.mysql() {
		return q.arg(v.String())
	}
	return q.arg(v.String()) + "::uuid"
}

// of keeps the rows of a tenant. Before there were tenants all were the default one's.
func (q *query) of(tenant uuid.UUID) *query {
	switch {
	case !q.source.catalog.hasColumn(q.table, "tenant_id"):
		if tenant != defaultTenant {
			q.where = append(q.where, "1 = 0")
		}
	case tenant == defaultTenant:
		q.where = append(q.where, "(tenant_id = "+q.id(tenant)+" OR tenant_id IS NULL)")
	default:
		q.where = append(q.where, "tenant_id = "+q.id(tenant))
	}
	return q
}

// after keeps the rows whose id comes after one, as it is written there; empty keeps all.
func (q *query) after(id string) *query {
	switch {
	case id == "":
	case q.source.mysql():
		q.where = append(q.where, "id > "+q.arg(id))
	default:
		q.where = append(q.where, "id > "+q.arg(id)+"::uuid")
	}
	return q
}

// in keeps the rows whose column, an id, is among some.
func (q *query) in(name string, ids []uuid.UUID) *query {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = "'" + id.String() + "'" // hexadecimal digits and hyphens only
	}
	q.where = append(q.where, name+" IN ("+strings.Join(list, ",")+")")
	return q
}

// and adds a condition.
func (q *query) and(condition string) *query {
	q.where = append(q.where, condition)
	return q
}

// then adds what follows the conditions.
func (q *query) then(tail string) *query {
	q.tail = tail
	return q
}

// each reads the rows, and calls f with each. A table that an older schema lacks has none.
func (q *query) each(ctx context.Context, cols []column, f func(r *row) error) error {
	if !q.source.catalog.has(q.table) {
		return nil
	}
	list := make([]string, len(cols))
	for i, c := range cols {
		list[i] = q.source.expression(q.table, c)
	}
	statement := "SELECT " + strings.Join(list, ", ") + " FROM " + q.table
	if len(q.where) > 0 {
		statement += " WHERE " + strings.Join(q.where, " AND ")
	}
	if q.tail != "" {
		statement += " " + q.tail
	}
	rows, err := q.source.tx.QueryContext(ctx, statement, q.args...)
	if err != nil {
		return fmt.Errorf("read %s: %w", q.table, err)
	}
	defer rows.Close()
	r := newRow(cols)
	for rows.Next() {
		if err := r.scan(rows); err != nil {
			return fmt.Errorf("read %s: %w", q.table, err)
		}
		if err := f(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read %s: %w", q.table, err)
	}
	return nil
}

// count counts the rows.
func (q *query) count(ctx context.Context) (int, error) {
	if !q.source.catalog.has(q.table) {
		return 0, nil
	}
	statement := "SELECT COUNT(*) FROM " + q.table
	if len(q.where) > 0 {
		statement += " WHERE " + strings.Join(q.where, " AND ")
	}
	n := 0
	one := q.source.tx.QueryRowContext(ctx, statement, q.args...)
	if err := one.Scan(&n); err != nil {
		return 0, fmt.Errorf("count %s: %w", q.table, err)
	}
	return n, nil
}
