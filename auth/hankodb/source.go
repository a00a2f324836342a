package hankodb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// defaultTenant is the tenant of everything in a database that knows no tenants yet, and of a single-tenant installation.
var defaultTenant = uuid.UUID{15: 1}

// A Source is a Hanko database at one moment.
type Source struct {
	dialect string
	name    string
	db      *sql.DB
	tx      *sql.Tx
	catalog catalog
}

// Open opens a Hanko database by its URL and begins a transaction that only reads. Error: not_hanko where the tables are not there.
func Open(ctx context.Context, rawURL string) (_ *Source, err error) {
	from, err := dsn.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	if from.Dialect == dialect.SQLite {
		return nil, errors.New("a Hanko database is in PostgreSQL, MySQL or MariaDB")
	}
	if from.Dialect == dialect.Postgres {
		// Each statement is planned with its values: with the general plan of a prepared one, a list of users is compared one by one.
		if from, err = withParameter(rawURL, "default_query_exec_mode", "exec"); err != nil {
			return nil, err
		}
	}
	s := &Source{dialect: from.Dialect, name: from.String()}
	if s.db, err = from.OpenPlain(); err != nil {
		return nil, fmt.Errorf("open %s: %w", from, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("read %s: %w", from, err), s.Close())
		}
	}()
	s.db.SetMaxOpenConns(1)
	if s.tx, err = s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}); err != nil {
		return nil, err
	}
	if s.dialect == dialect.Postgres {
		for _, limit := range []string{"statement_timeout", "idle_in_transaction_session_timeout"} {
			if _, err = s.tx.ExecContext(ctx, "SET LOCAL "+limit+" = 0"); err != nil {
				return nil, err
			}
		}
	}
	if s.catalog, err = s.readCatalog(ctx); err != nil {
		return nil, err
	}
	if !s.catalog.has("users") || !s.catalog.has("schema_migration") && !s.catalog.has("jwks") {
		what := "there are no tables of Hanko in it"
		if s.catalog.has("atlas_schema_revisions") || s.catalog.has("outbox") {
			what = "it is a database of Latchkeep, not of Hanko"
		}
		return nil, problem.Invalid("not_hanko", what)
	}
	return s, nil
}

// withParameter is a database URL with another parameter, unless it has it.
func withParameter(raw, name, value string) (dsn.Source, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return dsn.Source{}, errors.New("database URL: malformed")
	}
	if query := u.Query(); !query.Has(name) {
		query.Set(name, value)
		u.RawQuery = query.Encode()
	}
	return dsn.Parse(u.String())
}

// Name is the URL of the database without its password.
func (s *Source) Name() string { return s.name }

// Close ends the transaction.
func (s *Source) Close() error {
	var err error
	if s.tx != nil {
		err = s.tx.Rollback()
		if errors.Is(err, sql.ErrTxDone) { // the context ended
			err = nil
		}
	}
	return errors.Join(err, s.db.Close())
}

// A catalog says which columns there are.
type catalog map[string]map[string]bool

func (c catalog) has(table string) bool { return len(c[table]) > 0 }

func (c catalog) hasColumn(table, column string) bool { return c[table][column] }

func (s *Source) readCatalog(ctx context.Context) (catalog, error) {
	here := "current_schema()"
	if s.mysql() {
		here = "DATABASE()"
	}
	rows, err := s.tx.QueryContext(ctx, "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "+here)
	if err != nil {
		return nil, fmt.Errorf("read information_schema: %w", err)
	}
	defer rows.Close()
	c := catalog{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, fmt.Errorf("read information_schema: %w", err)
		}
		table, column = strings.ToLower(table), strings.ToLower(column)
		if c[table] == nil {
			c[table] = map[string]bool{}
		}
		c[table][column] = true
	}
	return c, rows.Err()
}
