package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// openPool makes a database/sql handle on the pool. With perTx each transaction sets its scope, and each query outside of one becomes one.
func openPool(pool *pgxpool.Pool, perTx bool) *sql.DB {
	if !perTx {
		return stdlib.OpenDBFromPool(pool)
	}
	db := sql.OpenDB(txScopeConnector{stdlib.GetPoolConnector(pool)})
	db.SetMaxIdleConns(0) // the pool keeps them
	return db
}

type txScopeConnector struct{ driver.Connector }

func (c txScopeConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's connection is a %T", conn), conn.Close())
	}
	return &txScopeConn{Conn: inner}, nil
}

// txScopeConn sets the scope inside each transaction, so that it ends with it.
type txScopeConn struct {
	*stdlib.Conn
	inTx bool
}

func (c *txScopeConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	value := []driver.NamedValue{{Ordinal: 1, Value: gucValue(ctx)}}
	if _, err := c.ExecContext(ctx, "SELECT set_config('"+guc+"', $1, true)", value); err != nil {
		return nil, errors.Join(fmt.Errorf("set the scope of the transaction: %w", err), tx.Rollback())
	}
	c.inTx = true
	return &txScopeTx{Tx: tx, conn: c}, nil
}

func (c *txScopeConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.inTx {
		return c.Conn.QueryContext(ctx, query, args)
	}
	tx, err := c.BeginTx(ctx, driver.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	rows, err := c.Conn.QueryContext(ctx, query, args)
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	inner, ok := rows.(*stdlib.Rows)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's rows are %T", rows), rows.Close(), tx.Rollback())
	}
	return &txScopeRows{Rows: inner, tx: tx}, nil
}

type txScopeTx struct {
	driver.Tx
	conn *txScopeConn
}

func (t *txScopeTx) Commit() error {
	t.conn.inTx = false
	return t.Tx.Commit()
}

func (t *txScopeTx) Rollback() error {
	t.conn.inTx = false
	return t.Tx.Rollback()
}

// txScopeRows ends the transaction of a single query with the rows.
type txScopeRows struct {
	*stdlib.Rows
	tx driver.Tx
}

func (r *txScopeRows) Close() error {
	if err := r.Rows.Close(); err != nil {
		return errors.Join(err, r.tx.Rollback())
	}
	return r.tx.Commit()
}
