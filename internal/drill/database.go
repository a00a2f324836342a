package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/latchkeep/latchkeep/ent/dsn"
)

// A database is one of a kind that can be backed up, destroyed and restored.
type database interface {
	// urls are database.url and database.migrate_url.
	urls() (run, migrate string)
	// tool is what takes the backup.
	tool() string
	// counts says how many rows each table has.
	counts(ctx context.Context) (map[string]int, error)
	dump(ctx context.Context) error
	destroy(ctx context.Context) error
	// restore makes another database of the backup; urls then name that.
	restore(ctx context.Context) error
}

// newDatabase makes an empty database of a kind: postgres, mariadb or sqlite.
func newDatabase(ctx context.Context, kind, dir string) (database, error) {
	switch kind {
	case "postgres":
		return newPostgres(ctx, os.Getenv("LATCHKEEP_TEST_POSTGRES_URL"), filepath.Join(dir, "backup.dump"))
	case "mariadb":
		return newMariaDB(ctx, os.Getenv("LATCHKEEP_TEST_MYSQL_URL"), filepath.Join(dir, "backup.sql"))
	case "sqlite":
		return &sqlite{file: filepath.Join(dir, "latchkeep.db"), backup: filepath.Join(dir, "backup.db")}, nil
	default:
		return nil, fmt.Errorf("no such kind of database; there are postgres, mariadb and sqlite")
	}
}

// open opens a database for administration.
func open(url string) (*sql.DB, error) {
	source, err := dsn.Parse(url)
	if err != nil {
		return nil, err
	}
	return source.OpenPlain()
}

// execute runs statements, one after the other, on one connection.
func execute(ctx context.Context, url string, statements ...string) error {
	db, err := open(url)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", strings.Fields(s)[0], err)
		}
	}
	return nil
}

// count counts the rows of each table that a query names.
func count(ctx context.Context, url, tables string) (map[string]int, error) {
	db, err := open(url)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	names, err := read(ctx, db, tables)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there are no tables")
	}
	rows := map[string]int{}
	for _, name := range names {
		var n int
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+name).Scan(&n); err != nil {
			return nil, fmt.Errorf("count %s: %w", name, err)
		}
		rows[name] = n
	}
	return rows, nil
}

// read is the first column of what a query finds.
func read(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return found, rows.Err()
}
