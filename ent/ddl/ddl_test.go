package ddl_test

import (
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/ddl"
	"github.com/latchkeep/latchkeep/ent/migrate"
)

func TestTables_AreCopies(t *testing.T) {
	t.Parallel()

	before := len(migrate.UsersTable.ForeignKeys)
	first := ddl.Tables(dialect.MySQL)
	require.Len(t, first, len(migrate.Tables))
	require.Len(t, migrate.UsersTable.ForeignKeys, before, "the generated tables stay as they are")
	for i, table := range ddl.Tables(dialect.MySQL) {
		require.NotSame(t, first[i], table)
		require.Equal(t, first[i], table, "each time the same")
	}
	for _, table := range ddl.Tables(dialect.Postgres) {
		for _, c := range table.Columns {
			require.Empty(t, c.Collation, "%s.%s: types of MySQL stay with MySQL", table.Name, c.Name)
		}
	}
}

func TestTables_NeverSetNull(t *testing.T) {
	t.Parallel()

	for _, table := range ddl.Tables(dialect.Postgres) {
		for _, fk := range table.ForeignKeys {
			require.Equal(t, schema.Cascade, fk.OnDelete, fk.Symbol)
			require.LessOrEqual(t, len(fk.Symbol), 63, "PostgreSQL cuts longer names")
		}
		for _, index := range table.Indexes {
			require.LessOrEqual(t, len(index.Name), 63, "PostgreSQL cuts longer names")
		}
	}
}
