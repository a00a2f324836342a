// Package testdb gives each test a migrated database of its own, on every database that is there.
//
// SQLite is always there. PostgreSQL and MariaDB (or MySQL) are where LATCHKEEP_TEST_POSTGRES_URL and LATCHKEEP_TEST_MYSQL_URL name a server
// and a user who may create databases (and, on PostgreSQL, roles); scripts/with-services starts private ones. Without them the test is
// skipped by name, or fails where LATCHKEEP_TEST_REQUIRE is "all". On PostgreSQL the tables belong to one role and the program is another, as in
// production, so that row-level security holds in every test. Redis gives out databases of a server, too. It is used by tests alone.
package testdb

import (
	"log/slog"
	"os"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/store"
)

// The variables that name the servers.
const (
	PostgresURL = "LATCHKEEP_TEST_POSTGRES_URL"
	MySQLURL    = "LATCHKEEP_TEST_MYSQL_URL"
)

// Dialects are those that Each runs on.
func Dialects() []string { return []string{dialect.SQLite, dialect.Postgres, dialect.MySQL} }

// An Option changes how the store is opened.
type Option func(*store.Options)

// WithPool limits the store to n connections.
func WithPool(n int) Option { return func(o *store.Options) { o.MaxOpen = n } }

// WithStatements tells f each statement.
func WithStatements(f func(string)) Option { return func(o *store.Options) { o.OnStatement = f } }

// WithTxScope sets the scope in each transaction, as behind a transaction pooler.
func WithTxScope() Option { return func(o *store.Options) { o.TxScope = true } }

// Each runs a test on every database, each time in a parallel subtest with a database of its own.
func Each(t *testing.T, run func(t *testing.T, st *store.Store, url string), options ...Option) {
	t.Helper()
	for _, name := range Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, url := New(t, name, options...)
			run(t, st, url)
		})
	}
}

// New opens a migrated database of the dialect that is empty and the test's own, and its URL. Both end with the test.
func New(t testing.TB, name string, options ...Option) (*store.Store, string) {
	t.Helper()
	url := URL(t, name)
	o := store.Options{URL: url, MaxOpen: 5, Logger: slog.New(slog.DiscardHandler)}
	for _, option := range options {
		option(&o)
	}
	st, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Errorf("close test database: %v", err)
		}
	})
	return st, url
}

// URL is the URL of a migrated database of the dialect that is empty and the test's own, for the role of the program.
func URL(t testing.TB, name string) string {
	t.Helper()
	switch name {
	case dialect.SQLite:
		return newSQLite(t)
	case dialect.Postgres:
		return newPostgres(t, server(t, name))
	default:
		return newMySQL(t, server(t, name))
	}
}

// Empty is a database of the dialect without tables, the test's own, for the role that owns it.
func Empty(t testing.TB, name string) dsn.Source {
	t.Helper()
	switch name {
	case dialect.SQLite:
		return emptySQLite(t)
	case dialect.Postgres:
		return emptyPostgres(t, server(t, name))
	default:
		return emptyMySQL(t, server(t, name))
	}
}

// Require reports whether a suite that cannot run must fail.
func Require() bool { return os.Getenv("LATCHKEEP_TEST_REQUIRE") == "all" }

// server is the server of the dialect. Without one the test is skipped, or fails.
func server(t testing.TB, name string) dsn.Source {
	t.Helper()
	variable := PostgresURL
	if name == dialect.MySQL {
		variable = MySQLURL
	}
	url := os.Getenv(variable)
	switch {
	case url == "" && Require():
		t.Fatalf("%s is not set, and LATCHKEEP_TEST_REQUIRE=all", variable)
	case url == "":
		t.Skipf("%s is not set: nothing is tested on %s", variable, name)
	}
	source, err := dsn.Parse(url)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return source
}
