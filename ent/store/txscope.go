package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/stdlib"
)

// txScopeConn sets the scope inside each transaction, so that it ends with it.
type txScopeConn struct {
	postgresConn
	inTx bool
}

func (c *txScopeConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.postgresConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
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
