package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

// A Write is a change that waits to be made in a unit of work.
type Write func(ctx context.Context, tx *Tx) error

// Tx is one unit of work: everything done with it is committed together, or not at all. It is for one goroutine.
type Tx struct {
	*ent.Client
	// Raw are the raw statements, inside the same transaction.
	Raw *rawsql.Queries

	dialect  string
	onCommit []func()
}

// OnCommit has f called once the unit of work is committed, before Do returns. It is not called when the unit fails.
func (tx *Tx) OnCommit(f func()) { tx.onCommit = append(tx.onCommit, f) }

// Dialect is that of the store.
func (tx *Tx) Dialect() string { return tx.dialect }

// Tx hides the client's method: a unit of work cannot contain another.
func (tx *Tx) Tx(context.Context) (*ent.Tx, error) { return nil, ErrNested }

// BeginTx hides the client's method, too.
func (tx *Tx) BeginTx(context.Context, *sql.TxOptions) (*ent.Tx, error) { return nil, ErrNested }

// Close hides the client's method: Do closes what it opened.
func (tx *Tx) Close() error { return nil }

// maxAttempts is how often a unit of work is tried whose transaction the database breaks off for the sake of another.
const maxAttempts = 5

// Do runs fn as one unit of work in the scope: it commits when fn returns nil, and rolls back when fn returns an error or panics. The
// context passed to fn carries the scope; every statement inside must use it, and the transaction ends when it is cancelled.
//
// Where the database breaks the transaction off because of a deadlock or a serialization failure, nothing of it has happened, and fn runs
// again. So fn must have no effect but through tx: what must happen afterwards belongs into tx.OnCommit, and variables outside fn must be
// assigned, not added to. Use DoOnce where that is not so.
//
// A unit of work takes one connection for as long as fn runs: keep it short, compute before it, and make no network call inside. Begun with
// the context of another unit it fails with ErrNested at once.
func (s *Store) Do(ctx context.Context, sc scope.Scope, fn Write) error {
	return s.again(ctx, func() error { return s.DoOnce(ctx, sc, fn) })
}

// DoByOrder is Do for an fn whose statements are to find rows in the order that they ask for: see rawsql.ByOrder. On PostgreSQL the unit begins with
// that, which saves a round trip.
func (s *Store) DoByOrder(ctx context.Context, sc scope.Scope, fn Write) error {
	return s.again(ctx, func() error { return s.doOnce(rawsql.WithBegunByOrder(ctx), sc, fn) })
}

// again runs a unit of work, again where the database breaks it off.
func (s *Store) again(ctx context.Context, run func() error) error {
	for attempt := 1; ; attempt++ {
		err := run()
		if err == nil || attempt == maxAttempts || !isRetryable(err) || ctx.Err() != nil {
			return err
		}
		s.log.DebugContext(ctx, "unit of work broken off by the database, trying again", "attempt", attempt, "error", err)
		pause := time.NewTimer(time.Duration(attempt) * (2*time.Millisecond + rand.N(8*time.Millisecond)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
}

// DoOnce is Do for an fn that must not run twice.
func (s *Store) DoOnce(ctx context.Context, sc scope.Scope, fn Write) error {
	return s.doOnce(ctx, sc, fn)
}

func (s *Store) doOnce(ctx context.Context, sc scope.Scope, fn Write) error {
	if !sc.Valid() {
		return scope.ErrMissing
	}
	if insideUnit(ctx) {
		return ErrNested
	}
	u := &unit{}
	ctx = context.WithValue(scope.With(ctx, sc), unitKey{}, u)
	sqlTx, err := s.begin(ctx)
	for again := 0; again < maxRenewals && err != nil && ctx.Err() == nil && s.renew(err); again++ {
		sqlTx, err = s.begin(ctx)
	}
	if err != nil {
		return fmt.Errorf("begin unit of work: %w", err)
	}
	committed := false
	defer func() { // also when fn panics or ends its goroutine
		u.over.Store(true)
		if committed {
			return
		}
		if rollback := sqlTx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) && ctx.Err() == nil { // whose end closes the connection
			s.log.WarnContext(ctx, "unit of work not rolled back cleanly", "error", rollback)
		}
	}()
	tx := s.unit(ctx, sqlTx)
	if err := fn(ctx, tx); err != nil {
		return err
	}
	end := telemetry.Statement(ctx, s.dialect, "COMMIT")
	err = sqlTx.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil { // its end rolled back just before
		err = ctx.Err()
	}
	end(err)
	if err != nil {
		return fmt.Errorf("commit unit of work: %w", err)
	}
	committed = true
	u.over.Store(true)
	for _, f := range tx.onCommit {
		f()
	}
	return nil
}

func (s *Store) begin(ctx context.Context) (*sql.Tx, error) {
	return s.write.BeginTx(context.WithValue(ctx, begun{}, true), nil)
}

func (s *Store) unit(ctx context.Context, sqlTx *sql.Tx) *Tx {
	var on entsql.ExecQuerier = sqlTx
	if s.onStatement != nil || telemetry.Tracing(ctx) {
		on = told{ExecQuerier: sqlTx, dialect: s.dialect, on: s.onStatement}
	}
	return &Tx{Client: newClient(s.dialect, on), Raw: rawsql.New(s.dialect, on), dialect: s.dialect}
}

type unitKey struct{}

// unit marks the context of a unit of work.
type unit struct{ over atomic.Bool }

func insideUnit(ctx context.Context) bool {
	u, ok := ctx.Value(unitKey{}).(*unit)
	return ok && !u.over.Load()
}
