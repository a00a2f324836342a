package store

import (
	"context"
	"database/sql"
	"errors"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

// Errors of a database handle used in the wrong place. They are mistakes in the program, found at the first run.
var (
	// ErrReadOnly is returned where something is written outside of a unit of work.
	ErrReadOnly = errors.New("store: writing needs a unit of work (Store.Do)")
	// ErrInsideUnit is returned where the outer handle is used with the context of a unit of work: on a pool of one it would wait for ever.
	ErrInsideUnit = errors.New("store: inside a unit of work use its own client")
	// ErrNested is returned where a unit of work is begun inside another.
	ErrNested = errors.New("store: a unit of work cannot contain another")
)

// reader is the database outside of units of work.
type reader struct {
	db      *sql.DB
	dialect string
	on      func(string)
	renew   func(error) bool
}

func (r *reader) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, ErrReadOnly
}

func (r *reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if insideUnit(ctx) {
		return nil, ErrInsideUnit
	}
	if r.on != nil {
		r.on(query)
	}
	end := telemetry.Statement(ctx, r.dialect, query)
	rows, err := r.db.QueryContext(ctx, query, args...)
	for again := 0; again < maxRenewals && err != nil && ctx.Err() == nil && r.renew(err); again++ {
		rows, err = r.db.QueryContext(ctx, query, args...) // the server hung up; a read can be sent again
	}
	end(err)
	return rows, err
}

// maxRenewals is how many dead connections a read or a beginning unit of work puts up with.
const maxRenewals = 3

// refuseWrites is a hook that keeps the reading client from writing, also where a write is a query (INSERT … RETURNING).
func refuseWrites(ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(context.Context, ent.Mutation) (ent.Value, error) { return nil, ErrReadOnly })
}

// told tells each statement of a transaction.
type told struct {
	entsql.ExecQuerier
	dialect string
	on      func(string)
}

func (t told) begin(ctx context.Context, query string) (end func(error)) {
	if t.on != nil {
		t.on(query)
	}
	return telemetry.Statement(ctx, t.dialect, query)
}

func (t told) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	end := t.begin(ctx, query)
	result, err := t.ExecQuerier.ExecContext(ctx, query, args...)
	end(err)
	return result, err
}

func (t told) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	end := t.begin(ctx, query)
	rows, err := t.ExecQuerier.QueryContext(ctx, query, args...)
	end(err)
	return rows, err
}

// entDriver lets ent run on a handle. Transactions are begun by Store.Do alone; those that ent asks for inside one are part of it.
type entDriver struct {
	entsql.Conn
	dialect string
}

func (d *entDriver) Dialect() string { return d.dialect }

func (d *entDriver) Tx(context.Context) (dialect.Tx, error) {
	if _, outside := d.ExecQuerier.(*reader); outside {
		return nil, ErrReadOnly
	}
	return dialect.NopTx(d), nil
}

func (d *entDriver) Close() error { return nil }

func newClient(name string, on entsql.ExecQuerier) *ent.Client {
	client := ent.NewClient(ent.Driver(&entDriver{Conn: entsql.Conn{ExecQuerier: on}, dialect: name}))
	confineRoots(client)
	return client
}
