package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

// ErrSecondStatement is returned where a unit of work of a single statement makes another. The first one has happened: it is a mistake in the
// program, found at the first run.
var ErrSecondStatement = errors.New("store: this unit of work has a single statement")

// DoSingle is Do for an fn that makes a single statement. Alone it is a transaction anyway, and two round trips shorter than one with a beginning
// and an end.
//
// The statement is sent again where the server hung up, though it may have been carried out: let it be one that changes nothing the second time, by
// its key or by a version in its condition.
func (s *Store) DoSingle(ctx context.Context, sc scope.Scope, fn Write) error {
	if s.txScope {
		return s.Do(ctx, sc, fn)
	}
	return s.again(ctx, func() error { return s.doSingle(ctx, sc, fn) })
}

func (s *Store) doSingle(ctx context.Context, sc scope.Scope, fn Write) error {
	if !sc.Valid() {
		return scope.ErrMissing
	}
	if insideUnit(ctx) {
		return ErrNested
	}
	u := &unit{}
	defer u.over.Store(true)
	ctx = context.WithValue(scope.With(ctx, sc), unitKey{}, u)
	var on entsql.ExecQuerier = &single{store: s}
	if s.onStatement != nil || telemetry.Tracing(ctx) {
		on = told{ExecQuerier: on, dialect: s.dialect, on: s.onStatement}
	}
	tx := &Tx{Client: newClient(s.dialect, on), Raw: rawsql.New(s.dialect, on), dialect: s.dialect}
	if err := fn(ctx, tx); err != nil {
		return err
	}
	u.over.Store(true)
	for _, f := range tx.onCommit {
		f()
	}
	return nil
}

// single sends one statement outside of a transaction.
type single struct {
	store *Store
	sent  atomic.Bool
}

func (q *single) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return send(ctx, q, func() (sql.Result, error) { return q.store.write.ExecContext(ctx, query, args...) })
}

func (q *single) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return send(ctx, q, func() (*sql.Rows, error) { return q.store.write.QueryContext(ctx, query, args...) })
}

func send[R any](ctx context.Context, q *single, statement func() (R, error)) (R, error) {
	if q.sent.Swap(true) {
		var none R
		return none, ErrSecondStatement
	}
	result, err := statement()
	for again := 0; again < maxRenewals && err != nil && ctx.Err() == nil && q.store.renew(err); again++ {
		result, err = statement()
	}
	if err != nil {
		err = fmt.Errorf("single statement: %w", err)
	}
	return result, err
}
