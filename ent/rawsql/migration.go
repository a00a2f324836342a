package rawsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// AppliedMigration is a migration that the database has, or has begun.
type AppliedMigration struct {
	Version  string
	Complete bool
	Error    string // of the last attempt, where it is not complete
}

// AppliedMigrations lists the migrations that the database has, none where it has never been migrated. It needs no scope: there is nothing of
// a tenant in them.
//
// Why raw: the table belongs to the Atlas tools, not to ent/schema.
func (q *Queries) AppliedMigrations(ctx context.Context) ([]AppliedMigration, error) {
	rows, err := q.query(ctx, `SELECT version, applied, total, error FROM atlas_schema_revisions WHERE version <> '.atlas_cloud_identifier' ORDER BY version`)
	if tableMissing(err) {
		return nil, nil
	}
	found, err := collect(rows, err, func(rows *sql.Rows) (m AppliedMigration, err error) {
		var applied, total int
		var failed sql.NullString
		err = rows.Scan(&m.Version, &applied, &total, &failed)
		m.Complete, m.Error = applied == total && failed.String == "", failed.String
		return m, err
	})
	if tableMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	return found, nil
}

func tableMissing(err error) bool {
	var pg *pgconn.PgError
	var my *mysql.MySQLError
	var lite *sqlite.Error
	switch {
	case errors.As(err, &pg):
		return pg.Code == "42P01" // undefined_table
	case errors.As(err, &my):
		return my.Number == 1146 // ER_NO_SUCH_TABLE
	case errors.As(err, &lite):
		return strings.Contains(lite.Error(), "no such table")
	default:
		return false
	}
}
