package isolation

import (
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/schema/field"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/ddl"
)

// TestReferences_AreAllColumnsThatMayNameRows: whoever adds an id to a tenant's table says what it names, if anything.
func TestReferences_AreAllColumnsThatMayNameRows(t *testing.T) {
	t.Parallel()

	known := map[string]bool{}
	for _, r := range References() {
		known[r.Table+"."+r.Column] = true
	}
	for what := range noReference {
		require.False(t, known[what], "%s is said to name nothing", what)
		known[what] = true
	}
	for _, table := range ddl.Tables(dialect.SQLite) {
		owned := false
		for _, c := range table.Columns {
			owned = owned || c.Name == ddl.TenantColumn
		}
		for _, c := range table.Columns {
			if owned && c.Type == field.TypeUUID && c.Name != "id" && c.Name != ddl.TenantColumn {
				require.True(t, known[table.Name+"."+c.Name], "say in rows.go what %s.%s names", table.Name, c.Name)
			}
		}
	}
}
