package rawsql_test

import (
	"os"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func TestDatabaseRole_TellsWhoCouldGetAroundTheWall(t *testing.T) {
	t.Parallel()

	for _, name := range []string{dialect.SQLite, dialect.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, _ := testdb.New(t, name)
			role, err := st.Raw().DatabaseRole(t.Context())
			require.NoError(t, err)
			require.Equal(t, rawsql.Role{}, role)
		})
	}
	t.Run(dialect.Postgres, func(t *testing.T) {
		t.Parallel()
		st, url := testdb.New(t, dialect.Postgres)
		as := func(raw string) rawsql.Role {
			source, err := dsn.Parse(raw)
			require.NoError(t, err)
			db, err := source.OpenPlain()
			require.NoError(t, err)
			defer db.Close()
			role, err := rawsql.New(dialect.Postgres, db).DatabaseRole(t.Context())
			require.NoError(t, err)
			return role
		}
		role, err := st.Raw().DatabaseRole(t.Context())
		require.NoError(t, err)
		require.Equal(t, rawsql.Role{RowSecurity: true}, role)
		require.Equal(t, rawsql.Role{RowSecurity: true, Owns: true}, as(testdb.Owner(t, url)))
		require.Equal(t, rawsql.Role{}, as(testdb.Empty(t, dialect.Postgres).Raw()), "not migrated yet")
		require.True(t, as(os.Getenv(testdb.PostgresURL)).Bypasses, "the tests' own administrator")
	})
}
