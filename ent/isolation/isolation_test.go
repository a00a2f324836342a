package isolation_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/isolation"
	"github.com/latchkeep/latchkeep/ent/migrations"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// rules that are asked of every database, and those of PostgreSQL alone.
var (
	everywhere = []string{"tables", "tenant_column", "tenant_key", "unique_keys", "foreign_keys", "no_set_null", "tied_to_tenant", "references"}
	onPostgres = []string{"row_security", "policies", "role", "passages", "probe_read", "probe_write"}
)

func TestRules_AreKeptByEveryDatabase(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, url string) {
		furnish(t, st)
		furnish(t, st)
		for _, r := range examine(t, st, url, isolation.Options{}) {
			if r.Omitted != "" {
				require.Contains(t, onPostgres, r.Rule)
				require.NotEqual(t, dialect.Postgres, st.Dialect())
				continue
			}
			require.Empty(t, r.Broken, r.Rule)
			require.Empty(t, r.Doubts, r.Rule)
			require.Positive(t, r.Checked, "%s: nothing was looked at", r.Rule)
			require.True(t, slices.Contains(everywhere, r.Rule) || slices.Contains(onPostgres, r.Rule), r.Rule)
		}
	})
}

func TestRules_TellWhatBreaksThem(t *testing.T) {
	t.Parallel()

	const stray = `CREATE TABLE stray (id char(36) PRIMARY KEY`
	for _, name := range testdb.Dialects() {
		kind := map[string]string{dialect.Postgres: "uuid", dialect.SQLite: "uuid", dialect.MySQL: "char(36) CHARACTER SET ascii COLLATE ascii_bin"}[name]
		table := func(owner, rest string) string {
			return `CREATE TABLE stray (id ` + kind + ` PRIMARY KEY, tenant_id ` + kind + owner + `, user_id ` + kind + `, ` + rest + `)`
		}
		const good, to = `CONSTRAINT stray_key UNIQUE (tenant_id, id)`, `CONSTRAINT stray_tenants FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE`
		const user = `, CONSTRAINT stray_users FOREIGN KEY `
		cases := map[string]struct{ statement, rule string }{
			"a table of nobody":       {stray + `)`, "tables"},
			"a tenant that is NULL":   {table("", good+", "+to), "tenant_column"},
			"a tenant by default":     {table(" NOT NULL DEFAULT '"+uuid.NewString()+"'", good+", "+to), "tenant_column"},
			"no key to point at":      {table(" NOT NULL", to), "tenant_key"},
			"unique across tenants":   {table(" NOT NULL", good+", "+to+", CONSTRAINT stray_user UNIQUE (user_id)"), "unique_keys"},
			"a key without a tenant":  {table(" NOT NULL", good+", "+to+user+`(user_id) REFERENCES users (id)`), "foreign_keys"},
			"a key that clears":       {table(" NOT NULL", good+", "+to+user+`(tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE SET NULL`), "no_set_null"},
			"a table that hangs free": {table(" NOT NULL", good), "tied_to_tenant"},
		}
		if name == dialect.MySQL {
			delete(cases, "a key that clears") // the server refuses to make it
		}
		if name == dialect.Postgres {
			for what, c := range map[string]struct{ statement, rule string }{
				"a wall that is off":        {`ALTER TABLE emails DISABLE ROW LEVEL SECURITY`, "row_security"},
				"a wall that spares owners": {`ALTER TABLE emails NO FORCE ROW LEVEL SECURITY`, "row_security"},
				"no policy":                 {`DROP POLICY emails_tenant ON emails`, "policies"},
				"another policy beside":     {`CREATE POLICY more ON emails USING (true)`, "policies"},
				"a policy of everybody":     {`ALTER POLICY emails_tenant ON emails USING (true)`, "policies"},
				"a policy that lets in":     {`ALTER POLICY emails_tenant ON emails WITH CHECK (true)`, "policies"},
				"a policy for one role":     {`ALTER POLICY emails_tenant ON emails TO CURRENT_USER`, "policies"},
				"a view":                    {`CREATE VIEW everybody AS SELECT * FROM users`, "passages"},
				"a function of its owner": {`CREATE FUNCTION everybody() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT COUNT(*) FROM users'`,
					"passages"},
			} {
				cases[what] = c
			}
		}
		for what, c := range cases {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				source := testdb.Empty(t, name)
				st := migrated(t, source)
				run(t, source, c.statement)
				broken := map[string][]string{}
				for _, r := range examine(t, st, source.Raw(), isolation.Options{SchemaOnly: true}) {
					if !r.OK() {
						broken[r.Rule] = r.Broken
					}
				}
				require.NotEmpty(t, broken[c.rule], "%s: %v", c.statement, broken)
				delete(broken, c.rule)
				for _, too := range []string{"row_security", "policies"} { // a new table has neither, which is told as well
					if strings.HasPrefix(c.statement, "CREATE TABLE") {
						delete(broken, too)
					}
				}
				require.Empty(t, broken, c.statement)
			})
		}
	}
}

func TestCrossings_AreFoundWhereNoKeyWasAsked(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, url := testdb.New(t, name)
			a, b := furnish(t, st), furnish(t, st)
			source, err := dsn.Parse(url)
			require.NoError(t, err)
			forced := map[string]string{
				dialect.SQLite: `PRAGMA foreign_keys = OFF`, dialect.MySQL: `SET foreign_key_checks = 0`, dialect.Postgres: `SET app.tenant = 'system'`,
			}[name]
			if name == dialect.Postgres {
				owner, err := dsn.Parse(testdb.Owner(t, url))
				require.NoError(t, err)
				run(t, owner, `ALTER TABLE emails DROP CONSTRAINT `+constraint(t, owner, "emails", "user_id"))
			}
			run(t, source, forced, fmt.Sprintf(`UPDATE emails SET user_id = '%s' WHERE tenant_id = '%s' AND is_verified`, b.user, a.tenant))
			of := func(o isolation.Options) isolation.Result {
				o.Batch = 2
				results := examine(t, st, url, o)
				i := slices.IndexFunc(results, func(r isolation.Result) bool { return r.Rule == "references" })
				return results[i]
			}
			for _, o := range []isolation.Options{{}, {Tenant: a.tenant}} {
				r := of(o)
				require.Equal(t, []string{"emails.user_id to users: 5 rows name a row of another tenant"}, r.Broken)
			}
			require.Empty(t, of(isolation.Options{Tenant: b.tenant}).Broken, "nothing of hers points elsewhere")
			require.Equal(t, of(isolation.Options{}).Checked, of(isolation.Options{Tenant: a.tenant}).Checked+of(isolation.Options{Tenant: b.tenant}).Checked)
		})
	}
}

func TestProbe_LooksOverAWallThatIsDown(t *testing.T) {
	t.Parallel()

	st, url := testdb.New(t, dialect.Postgres)
	furnish(t, st)
	furnish(t, st)
	owner, err := dsn.Parse(testdb.Owner(t, url))
	require.NoError(t, err)
	before := count(t, owner)
	run(t, owner, `ALTER TABLE emails DISABLE ROW LEVEL SECURITY`)
	broken := map[string][]string{}
	for _, r := range examine(t, st, url, isolation.Options{}) {
		if !r.OK() {
			broken[r.Rule] = r.Broken
		}
	}
	require.Equal(t, map[string][]string{
		"row_security": {"emails has no row-level security"},
		"probe_read":   {"emails shows a row of another tenant", "emails shows a row of another tenant"},
		"probe_write":  {"emails takes a row of another tenant", "emails takes a row of another tenant"},
	}, broken)
	require.Equal(t, before, count(t, owner), "nothing was left behind")
}

// house is a tenant with something in it.
type house struct{ tenant, user uuid.UUID }

func furnish(t *testing.T, st *store.Store) house {
	t.Helper()
	h := house{tenant: uuid.Must(uuid.NewV7()), user: uuid.Must(uuid.NewV7())}
	require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(h.tenant).SetSlug(h.tenant.String()).SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
	}))
	require.NoError(t, st.Do(t.Context(), scope.Tenant(h.tenant), func(ctx context.Context, tx *store.Tx) error {
		tx.User.Create().SetID(h.user).ExecX(ctx)
		for i := range 5 {
			tx.Email.Create().SetUserID(h.user).SetAddress(fmt.Sprintf("kim-%d@shop.example", i)).SetIsVerified(true).ExecX(ctx)
		}
		tx.Revocation.Create().SetID(rand.Int64()).SetSessionID(uuid.New()).SetExpiresAt(time.Now().Add(time.Hour)).ExecX(ctx)
		return tx.Session.Create().SetUserID(h.user).SetExpiresAt(time.Now().Add(time.Hour)).SetLastUsedAt(time.Now()).Exec(ctx)
	}))
	return h
}

func examine(t *testing.T, st *store.Store, url string, o isolation.Options) []isolation.Result {
	t.Helper()
	source, err := dsn.Parse(url)
	require.NoError(t, err)
	results, err := isolation.Examine(t.Context(), source, st, o)
	require.NoError(t, err)
	return results
}

// migrated opens a database by the role that owns it.
func migrated(t *testing.T, source dsn.Source) *store.Store {
	t.Helper()
	m, err := migrations.Open(source.Raw(), nil)
	require.NoError(t, err)
	_, err = m.Up(t.Context())
	require.NoError(t, err)
	require.NoError(t, m.Close())
	st, err := store.Open(t.Context(), store.Options{URL: source.Raw(), MaxOpen: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	return st
}

// run runs statements on one connection.
func run(t *testing.T, source dsn.Source, statements ...string) {
	t.Helper()
	on(t, source, func(conn *sql.Conn) {
		for _, statement := range statements {
			_, err := conn.ExecContext(t.Context(), statement)
			require.NoError(t, err, statement)
		}
	})
}

func on(t *testing.T, source dsn.Source, do func(*sql.Conn)) {
	t.Helper()
	db, err := source.OpenPlain()
	require.NoError(t, err)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	do(conn)
}

// constraint is the name of the foreign key of a column.
func constraint(t *testing.T, source dsn.Source, table, column string) (name string) {
	t.Helper()
	on(t, source, func(conn *sql.Conn) {
		require.NoError(t, conn.QueryRowContext(t.Context(), `SELECT conname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid
			AND a.attnum = c.conkey[2] WHERE c.contype = 'f' AND c.conrelid = $1::regclass AND a.attname = $2`, table, column).Scan(&name))
	})
	return name
}

func count(t *testing.T, source dsn.Source) (n int) {
	t.Helper()
	on(t, source, func(conn *sql.Conn) {
		_, err := conn.ExecContext(t.Context(), `SET app.tenant = 'system'`)
		require.NoError(t, err)
		require.NoError(t, conn.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM emails`).Scan(&n))
	})
	return n
}
