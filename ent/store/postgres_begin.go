package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/latchkeep/latchkeep/ent/rawsql"
)

// openPool makes a database/sql handle on the pool. With perTx each transaction sets its scope, and each query outside of one becomes one.
func openPool(pool *pgxpool.Pool, perTx bool) *sql.DB {
	db := sql.OpenDB(postgresConnector{stdlib.GetPoolConnector(pool), perTx})
	db.SetMaxIdleConns(0) // the pool keeps them
	return db
}

type postgresConnector struct {
	driver.Connector
	perTx bool
}

func (c postgresConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's connection is a %T", conn), conn.Close())
	}
	if c.perTx {
		return &txScopeConn{postgresConn: postgresConn{inner, true}}, nil
	}
	return &postgresConn{inner, false}, nil
}

// postgresConn begins transactions with all that they are to start with, in one round trip.
type postgresConn struct {
	*stdlib.Conn
	perTx bool // the scope ends with the transaction
}

// begun is the mark of a context in which a unit of work is begun, so that the connection's scope is set then.
type begun struct{}

func (c *postgresConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if sql.IsolationLevel(opts.Isolation) != sql.LevelDefault {
		return nil, errors.New("only the default isolation level is in use")
	}
	conn := c.Conn.Conn()
	if conn.IsClosed() {
		return nil, driver.ErrBadConn
	}
	text := "begin"
	if opts.ReadOnly {
		text += " read only"
	}
	want, carried := gucValue(ctx), conn.PgConn().CustomData()
	before := carried[guc]
	switch {
	case c.perTx:
		text += "; SELECT set_config('" + guc + "', '" + want + "', true)"
	case before != want: // it is taken back where the transaction is
		text += "; SELECT set_config('" + guc + "', '" + want + "', false)"
	}
	if rawsql.BegunByOrder(ctx) {
		text += "; " + rawsql.ByOrder
	}
	delete(carried, guc) // unknown, until it is known how the transaction ended
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: text})
	if err != nil {
		return nil, err // the driver has closed the connection
	}
	return &postgresTx{ctx: ctx, tx: tx, carried: carried, before: before, within: want}, nil
}

// postgresTx knows which scope the connection carries afterwards.
type postgresTx struct {
	ctx     context.Context //nolint:containedctx // as database/sql has it: a transaction lives as long as the context it was begun with
	tx      pgx.Tx
	carried map[string]any
	before  any // nil where nothing is known, as of a new connection
	within  string
}

func (t *postgresTx) Commit() error {
	err := t.tx.Commit(t.ctx)
	if err == nil {
		t.carried[guc] = t.within
	}
	return err
}

func (t *postgresTx) Rollback() error {
	err := t.tx.Rollback(t.ctx)
	if err == nil && t.before != nil {
		t.carried[guc] = t.before
	}
	return err
}
