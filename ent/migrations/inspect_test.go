package migrations_test

import (
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"
)

// What keeps tenants apart in the tables is read back from every database in ent/isolation.

// TestTables_OfMySQLSuitMySQLAndMariaDB looks for the types that only one of the two has.
func TestTables_OfMySQLSuitMySQLAndMariaDB(t *testing.T) {
	t.Parallel()

	dir := dirOf(t, dialect.MySQL)
	for name, file := range dir {
		for _, bad := range []string{" uuid ", "timestamp", "longtext NOT NULL DEFAULT", "text NOT NULL DEFAULT", "json NOT NULL DEFAULT", "blob NOT NULL DEFAULT", "inet6"} {
			require.NotContains(t, strings.ToLower(string(file.Data)), strings.ToLower(bad), name)
		}
	}
}
