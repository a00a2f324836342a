package rawsql_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// manyTenants makes 10 000 tenants: slug "shop%04d", of which a hundred share each beginning of six letters, and the same with "Name".
func manyTenants(t *testing.T, conn *sql.Conn, name string) {
	t.Helper()
	number := "(a.n + 10 * b.n + 100 * c.n + 1000 * d.n)"
	digits := "(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)"
	text := func(before string) string {
		switch name {
		case dialect.SQLite:
			return "printf('" + before + "%04d', " + number + ")"
		case dialect.MySQL:
			return "CONCAT('" + before + "', LPAD(" + number + ", 4, '0'))"
		}
		return "'" + before + "' || LPAD(" + number + "::text, 4, '0')"
	}
	at := "'2026-01-01 00:00:00'"
	if name == dialect.Postgres {
		at = "timestamptz " + at
	}
	id := text("00000000-0000-7000-8000-00000000")
	if name == dialect.Postgres {
		id = "(" + id + ")::uuid"
	}
	_, err := conn.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO tenants (id, slug, name, name_folded, status, status_reason, origin, config, config_version, version, deleted_by, status_before, created_at, updated_at)
		SELECT %s, %s, %s, %s, 'active', '', 'v1', '{}', 1, 1, '', '', %s, %s FROM %s a, %[7]s b, %[7]s c, %[7]s d`,
		id, text("shop"), text("Name"), text("name"), at, at, digits))
	require.NoError(t, err)
	if name == dialect.MySQL {
		_, err = conn.ExecContext(t.Context(), "ANALYZE TABLE tenants")
	} else {
		_, err = conn.ExecContext(t.Context(), "ANALYZE tenants")
	}
	require.NoError(t, err)
}

// TestTenantList_WalksAlongAnIndex asks each database how it finds tenants by the beginning of slug or name, from the first page and from a later one.
func TestTenantList_WalksAlongAnIndex(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, url string) {
		if st.Dialect() == dialect.Postgres {
			url = testdb.Owner(t, url) // who may also say how many rows there are
		}
		source, err := dsn.Parse(url)
		require.NoError(t, err)
		db, err := source.OpenPlain()
		require.NoError(t, err)
		defer db.Close()
		c := &crowd{st: st, name: st.Dialect()}
		c.conn, err = db.Conn(t.Context())
		require.NoError(t, err)
		defer c.conn.Close()
		c.scope(t, "system")
		manyTenants(t, c.conn, c.name)

		for column, beginning := range map[string]string{"slug": "shop", "name_folded": "name"} {
			for which, f := range map[string]rawsql.TenantSearch{
				"many":         {Prefix: beginning},
				"a hundred":    {Prefix: beginning + "03"},
				"one":          {Prefix: beginning + "0317"},
				"a later page": {Prefix: beginning, After: rawsql.TenantPlace{Text: beginning + "7000", ID: uuid.New()}},
			} {
				f.Origin, f.Without, f.Limit = "system", []string{"deleting", "importing"}, 51
				text, args := st.Raw().TenantList(column, f)
				plan, scans := c.plan(t, text, args)
				require.False(t, scans, "%s, %s:\n%s\n%s", column, which, text, plan)
				require.True(t, strings.Contains(plan, column) || c.name == dialect.Postgres, "%s, %s: by another index:\n%s", column, which, plan)
				require.NotContains(t, plan, "created_at", "%s, %s:\n%s", column, which, plan)
			}
		}
	})
}
