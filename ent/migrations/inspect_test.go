package migrations_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// systemTables have no tenant column, each for a reason.
var systemTables = map[string]string{
	"tenants":                "its id is the tenant",
	"operators":              "they run the deployment",
	"operator_tokens":        "they run the deployment",
	"certificate_files":      "they are the deployment's",
	"purge_receipts":         "they outlive their tenants",
	"atlas_schema_revisions": "the migrations' books",
}

// inspect migrates an empty database and reads back what it then has.
func inspect(t *testing.T, source dsn.Source) (*atlas.Schema, *sql.DB) {
	t.Helper()
	_, err := open(t, source, dirOf(t, source.Dialect)).Up(t.Context())
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	var driver migrate.Driver
	name := ""
	switch source.Dialect {
	case dialect.Postgres:
		driver, err = postgres.Open(db)
		name = "public"
	case dialect.MySQL:
		driver, err = mysql.Open(db)
	default:
		driver, err = sqlite.Open(db)
	}
	require.NoError(t, err)
	schema, err := driver.InspectSchema(t.Context(), name, nil)
	require.NoError(t, err)
	require.Greater(t, len(schema.Tables), 20)
	return schema, db
}

func columnNames(columns []*atlas.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

func partNames(index *atlas.Index) []string {
	names := make([]string, len(index.Parts))
	for i, p := range index.Parts {
		if p.C != nil {
			names[i] = p.C.Name
		}
	}
	return names
}

// TestTables_BelongToATenant reads every table back from the database: whoever adds one must tie it to its tenant.
func TestTables_BelongToATenant(t *testing.T) {
	t.Parallel()

	eachEmpty(t, func(t *testing.T, source dsn.Source) {
		schema, _ := inspect(t, source)
		for _, table := range schema.Tables {
			owner, ok := table.Column("tenant_id")
			if !ok {
				require.Contains(t, systemTables, table.Name, "a table without a tenant")
				continue
			}
			require.False(t, owner.Type.Null, "%s.tenant_id may be NULL", table.Name)
			require.Nil(t, owner.Default, "%s.tenant_id has a default", table.Name)
			require.True(t, slices.ContainsFunc(append(table.Indexes, table.PrimaryKey), func(i *atlas.Index) bool {
				return (i.Unique || i == table.PrimaryKey) && slices.Equal(partNames(i), []string{"tenant_id", "id"})
			}), "%s has no unique key (tenant_id, id)", table.Name)
			tied := false
			for _, fk := range table.ForeignKeys {
				what := fmt.Sprintf("%s (%s) to %s", table.Name, strings.Join(columnNames(fk.Columns), ", "), fk.RefTable.Name)
				require.Equal(t, atlas.Cascade, fk.OnDelete, what)
				if fk.RefTable.Name == "tenants" {
					require.Equal(t, []string{"tenant_id"}, columnNames(fk.Columns), what)
					tied = true
					continue
				}
				require.Equal(t, "tenant_id", fk.Columns[0].Name, "%s does not carry the tenant", what)
				require.Equal(t, []string{"tenant_id", "id"}, columnNames(fk.RefColumns), what)
				require.Len(t, fk.Columns, 2, what)
			}
			require.True(t, tied, "%s does not hang on its tenant", table.Name)
			for _, index := range table.Indexes {
				global := slices.Contains([]string{"apikey_hash", "tenantdomain_verified_host"}, index.Name)
				if index.Unique && !global {
					require.Contains(t, partNames(index), "tenant_id", "%s is unique across tenants", index.Name)
				}
			}
		}
	})
}

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

// TestPostgres_ConfinesEveryTable reads from the catalogue that row-level security is on, binds the owner too, and has a policy.
func TestPostgres_ConfinesEveryTable(t *testing.T) {
	t.Parallel()

	for _, name := range []string{dialect.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			schema, db := inspect(t, testdb.Empty(t, name))
			for _, table := range schema.Tables {
				if table.Name == "atlas_schema_revisions" {
					continue
				}
				var on, forced bool
				var policies int
				require.NoError(t, db.QueryRowContext(t.Context(), `SELECT relrowsecurity, relforcerowsecurity,
					(SELECT COUNT(*) FROM pg_policy WHERE polrelid = c.oid AND polcmd = '*' AND polpermissive) FROM pg_class c WHERE oid = $1::regclass`,
					`public."`+table.Name+`"`).Scan(&on, &forced, &policies))
				require.True(t, on && forced, "%s has no row-level security: add it in a migration, as 20261124000002 does", table.Name)
				require.Equal(t, 1, policies, "policies of %s", table.Name)
			}
		})
	}
}
