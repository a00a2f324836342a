// Package rawsql holds the few statements that ent cannot say, or says at too high a price. Each has a comment that tells which.
//
// The mixin that confines ent to a tenant does not reach here, so each query takes the scope of its context itself: those of one tenant
// add the tenant to every table they touch, those over all tenants insist on the system scope. Nothing here opens a transaction; a
// Queries runs on whatever it was made with.
package rawsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/scope"
)

// ErrNeedsTenant is returned where a query is about one tenant and the scope is not.
var ErrNeedsTenant = errors.New("the query needs the scope of one tenant")

// ErrNeedsSystem is returned where a query reaches over all tenants and the scope is that of one.
var ErrNeedsSystem = errors.New("the query needs the system scope")

// DB is what statements run on: a database, or a transaction.
type DB interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Queries are the raw statements, bound to a database or a transaction. They are safe for concurrent use where that is.
type Queries struct {
	db      DB
	dialect string
}

// New binds the statements to db, which speaks the dialect (dialect.Postgres, dialect.MySQL, dialect.SQLite).
func New(name string, db DB) *Queries { return &Queries{db: db, dialect: name} }

func (q *Queries) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return q.db.QueryContext(ctx, q.bind(text), args...)
}

// exec runs a statement and returns how many rows it touched.
func (q *Queries) exec(ctx context.Context, text string, args ...any) (int, error) {
	res, err := q.db.ExecContext(ctx, q.bind(text), args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("count rows: %w", err)
	}
	return int(n), nil
}

// bind turns the ? of a statement into the placeholders of the dialect. No statement here has a question mark of any other kind.
func (q *Queries) bind(text string) string {
	if q.dialect != dialect.Postgres {
		return text
	}
	var b strings.Builder
	b.Grow(len(text) + 16)
	for n := 1; ; n++ {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		text = after
	}
}

// forUpdate locks the rows read until the transaction ends. SQLite needs none: a writing transaction there is alone.
func (q *Queries) forUpdate() string {
	if q.dialect == dialect.SQLite {
		return ""
	}
	return " FOR UPDATE"
}

// skipLocked locks the rows read and passes over those another transaction holds.
func (q *Queries) skipLocked() string {
	if q.dialect == dialect.SQLite {
		return ""
	}
	return " FOR UPDATE SKIP LOCKED"
}

// tenant is the tenant of the context's scope.
func tenant(ctx context.Context) (uuid.UUID, error) {
	s, err := scope.From(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	if s.IsSystem() {
		return uuid.Nil, ErrNeedsTenant
	}
	return s.TenantID(), nil
}

// system insists on the system scope.
func system(ctx context.Context) error {
	s, err := scope.From(ctx)
	if err != nil {
		return err
	}
	if !s.IsSystem() {
		return ErrNeedsSystem
	}
	return nil
}

// reach is the condition, to be added to others, that keeps a statement within the scope: of one tenant, or of all for the system.
func reach(ctx context.Context) (condition string, args []any, err error) {
	s, err := scope.From(ctx)
	if err != nil || s.IsSystem() {
		return "", nil, err
	}
	return ` AND tenant_id = ?`, []any{s.TenantID()}, nil
}

// marks are n placeholders, separated by commas.
func marks(n int) string {
	if n < 1 {
		return "NULL"
	}
	return strings.Repeat("?, ", n-1) + "?"
}

// list turns ids into arguments.
func list[T any](ids []T) []any {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return args
}

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// stamp is a time as all three databases keep it: UTC, in microseconds.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
