package rawsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
)

// Clock is the time by the clock of the database's machine, to the millisecond. It needs no scope. SQLite has no machine of its own.
//
// Why raw: no entity is read.
func (q *Queries) Clock(ctx context.Context) (time.Time, error) {
	statement := `SELECT CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS bigint)`
	switch q.dialect {
	case dialect.SQLite:
		return time.Now().UTC(), nil
	case dialect.MySQL:
		statement = `SELECT CAST(FLOOR(UNIX_TIMESTAMP(SYSDATE(3)) * 1000) AS SIGNED)`
	}
	rows, err := q.query(ctx, statement)
	found, err := collect(rows, err, func(rows *sql.Rows) (ms int64, err error) { return ms, rows.Scan(&ms) })
	if err == nil && len(found) != 1 {
		err = errors.New("no answer")
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("ask the database for the time: %w", err)
	}
	return time.UnixMilli(found[0]).UTC(), nil
}
