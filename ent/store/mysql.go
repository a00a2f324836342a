package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"

	"github.com/latchkeep/latchkeep/ent/dsn"
)

func (s *Store) openMySQL(source dsn.Source, o Options) error {
	config, err := source.MySQL()
	if err != nil {
		return err
	}
	if _, set := config.Params["innodb_lock_wait_timeout"]; !set {
		config.Params["innodb_lock_wait_timeout"] = "10" // seconds; 50 by default, longer than any client waits
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(readCommitted{connector})
	db.SetMaxOpenConns(o.MaxOpen)
	db.SetMaxIdleConns(o.MaxIdle)
	db.SetConnMaxLifetime(o.MaxLifetime)
	db.SetConnMaxIdleTime(o.MaxIdleTime)
	s.write, s.read, s.ping, s.close = db, db, db.PingContext, db.Close
	s.renew = func(err error) bool {
		var my *mysql.MySQLError
		if errors.As(err, &my) {
			return my.Number == 1053 || my.Number == 1927 // ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED
		}
		return errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn)
	}
	return nil
}

// readCommitted gives each connection the isolation that PostgreSQL has by default: a locking read sees what was committed last, and no
// gaps are locked, which is what most deadlocks come from. It is a statement because the variable has different names in MySQL and MariaDB.
type readCommitted struct{ driver.Connector }

func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	execer, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the MySQL driver cannot execute statements"), conn.Close())
	}
	if _, err := execer.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(fmt.Errorf("set isolation level: %w", err), conn.Close())
	}
	return conn, nil
}
