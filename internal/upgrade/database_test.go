package upgrade

import (
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// newDatabase is an empty database: the URL of the program and the one for migrations.
func newDatabase(t testing.TB, name string) (program, owner dsn.Source) {
	t.Helper()
	owner = testdb.Empty(t, name)
	if name != dialect.Postgres {
		return owner, owner
	}
	program = testdb.Program(t, owner)
	// As docs/install-postgresql.md tells operators to, before the first migration.
	execute(t, owner, "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO latchkeep_test_app")
	return program, owner
}

// restore runs a dump.
func restore(t testing.TB, name string, owner dsn.Source, dump string) {
	t.Helper()
	switch name {
	case dialect.MySQL: // its dumps have each statement end a line; within texts a line's end is escaped
		execute(t, owner, strings.Split(dump, ";\n")...)
	default:
		execute(t, owner, dump)
	}
}

func execute(t testing.TB, on dsn.Source, statements ...string) {
	t.Helper()
	db, err := on.OpenPlain()
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if strings.TrimSpace(s) == "" {
			continue
		}
		_, err := db.ExecContext(t.Context(), s)
		require.NoError(t, err, "%.200s", s)
	}
}
