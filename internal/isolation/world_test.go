package isolation_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/ddl"
	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A world has two houses, and knows what is in them.
type world struct {
	env    *testenv.Env
	shop   *house
	bank   *house
	rows   *sql.Conn
	known  ledger
	checks map[string]int
	// expected is whether the program had errors to log.
	expected bool
	taken    map[string]int // conversations that were tried where they belong
}

// each builds a world on every database.
func each(t *testing.T, suite string, run func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		w := &world{env: env, checks: map[string]int{}, taken: map[string]int{}}
		w.shop, w.bank = furnish(t, env, "shop"), furnish(t, env, "longer-named-bank")
		w.rows = connect(t, env)
		w.known = w.ledger(t)
		for _, table := range ddl.TenantTables() {
			for _, h := range []*house{w.shop, w.bank} {
				require.Contains(t, w.known, row{table, h.ID.String()}, "%s has nothing in %s", h.Slug, table)
			}
		}
		run(t, w)
		w.unchanged(t, "at the end")
		require.True(t, w.expected || len(env.Errors()) == 0, "%v", env.Errors())
		w.report(t, suite)
	}, testenv.Quiet(), testenv.Local(), testenv.WithThirdParties(), testenv.With("rate_limiter.enabled", "false"))
}

// row names the rows of a tenant in a table.
type row struct{ table, tenant string }

// A ledger has a digest of all rows of each tenant in each table.
type ledger map[row]string

// uncounted are columns that may change when somebody is refused, each for a reason.
var uncounted = map[string]string{
	"api_keys.last_used_at": "a key that is presented was used, wherever it was presented",
	"sessions.updated_at":   "see sessions.last_used_at",
	"sessions.last_used_at": "a session that is presented at its own tenant was used, whatever it was presented with",
}

func connect(t *testing.T, env *testenv.Env) *sql.Conn {
	t.Helper()
	source, err := dsn.Parse(env.DatabaseURL())
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(); _ = db.Close() })
	if env.Dialect == dialect.Postgres {
		_, err = conn.ExecContext(t.Context(), `SET app.tenant = 'system'`)
		require.NoError(t, err)
	}
	return conn
}

// queries read every table of tenants, the tenant first.
var queries = sync.OnceValue(func() map[string]string {
	found := map[string]string{}
	for _, table := range ddl.Tables(dialect.SQLite) {
		owner := "tenant_id"
		if table.Name == "tenants" {
			owner = "id"
		}
		var columns []string
		for _, c := range table.Columns {
			if _, excused := uncounted[table.Name+"."+c.Name]; !excused {
				columns = append(columns, c.Name)
			}
		}
		if owner == "id" || slices.Contains(columns, owner) {
			found[table.Name] = "SELECT " + owner + ", " + strings.Join(columns, ", ") + " FROM " + table.Name + " ORDER BY id"
		}
	}
	return found
})

// ledger reads all rows.
func (w *world) ledger(t *testing.T) ledger {
	t.Helper()
	found := ledger{}
	for table, query := range queries() {
		if w.env.Dialect == dialect.MySQL {
			query = strings.ReplaceAll(query, " cursor,", " `cursor`,") // a word of the language there
		}
		sums := map[string]hash.Hash{}
		require.NoError(t, eachRow(t.Context(), w.rows, query, func(values []any) {
			tenant := tenantOf(values[0])
			if sums[tenant] == nil {
				sums[tenant] = sha256.New()
			}
			for _, v := range values[1:] {
				fmt.Fprintf(sums[tenant], "%T %v\x00", v, v)
			}
		}), table)
		for tenant, sum := range sums {
			found[row{table, tenant}] = hex.EncodeToString(sum.Sum(nil))
		}
	}
	return found
}

// tenantOf reads a tenant's id as the driver gives it.
func tenantOf(value any) string {
	if raw, ok := value.([]byte); ok && len(raw) == 16 {
		return uuid.UUID(raw).String()
	}
	return fmt.Sprintf("%s", value)
}

func eachRow(ctx context.Context, conn *sql.Conn, query string, tell func([]any)) error {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		tell(values)
	}
	return rows.Err()
}

// unchanged insists that the rows of both houses are those that are known. Tables of the shop that are named may have changed, and are known as they
// are from now on.
func (w *world) unchanged(t *testing.T, after string, excused ...string) {
	t.Helper()
	now := w.ledger(t)
	var changed []string
	for _, of := range slices.Concat(slices.Collect(maps.Keys(w.known)), slices.Collect(maps.Keys(now))) {
		if w.known[of] == now[of] || of.tenant == w.shop.ID.String() && slices.Contains(excused, of.table) {
			continue
		}
		who := "somebody"
		for _, h := range []*house{w.shop, w.bank} {
			if of.tenant == h.ID.String() {
				who = h.Slug
			}
		}
		changed = append(changed, of.table+" of "+who)
	}
	slices.Sort(changed)
	require.Empty(t, slices.Compact(changed), "rows changed: %s", after)
	w.known = now
}

// writes tells statements that may change rows.
var writes = regexp.MustCompile(`(?i)^\s*(insert|update|delete|replace|merge)\b|\b(insert into|delete from)\b`)

// failing is the kind of input that is answered by 500 where it is wrong, because clients know it so. Spec: flow-login-registration.
const failing = ": one-time token"

// try has somebody try something, and counts it. Whatever comes of it, the program does not fail; and where it sent a statement that writes, the rows
// are looked at at once, else at the end of the operation.
func (w *world) try(t *testing.T, kind, what string, ask func() testenv.Response, excused ...string) testenv.Response {
	t.Helper()
	var r testenv.Response
	sent := w.env.Statements(func() { r = ask() })
	w.checks[kind]++
	if !strings.HasSuffix(kind, failing) {
		require.Less(t, r.Status, 500, "%s: %s", what, r.Body)
	}
	if slices.ContainsFunc(sent, writes.MatchString) {
		w.unchanged(t, what, excused...)
	}
	return r
}

// hides insists that an answer tells nothing of a house but what was said in the request.
func (w *world) hides(t *testing.T, h *house, r testenv.Response, said, what string) {
	t.Helper()
	told := string(r.Body)
	for name, values := range r.Header {
		told += "\n" + name + ": " + strings.Join(values, ", ")
	}
	for _, mark := range h.marks() {
		if !strings.Contains(said, mark) {
			assert.NotContains(t, told, mark, "%s: it tells of %s", what, h.Slug)
		}
	}
}

// refused insists that an answer is a refusal, and tells nothing of either house.
func (w *world) refused(t *testing.T, r testenv.Response, said, what string, also ...int) {
	t.Helper()
	assert.Contains(t, append([]int{401, 403, 404}, also...), r.Status, "%s: %s", what, r.Body)
	w.hides(t, w.bank, r, said, what)
	w.hides(t, w.shop, r, said, what)
}

// report tells how many checks ran, by kind, to whoever reads the log or the file that ReportFile names.
func (w *world) report(t *testing.T, suite string) {
	t.Helper()
	total := 0
	for _, kind := range slices.Sorted(maps.Keys(w.checks)) {
		t.Logf("%s on %s: %5d %s", suite, w.env.Dialect, w.checks[kind], kind)
		total += w.checks[kind]
	}
	t.Logf("%s on %s: %5d in all", suite, w.env.Dialect, total)
	name := os.Getenv("LATCHKEEP_ISOLATION_REPORT")
	if name == "" {
		return
	}
	line, err := json.Marshal(map[string]any{"suite": suite, "dialect": w.env.Dialect, "checks": w.checks})
	require.NoError(t, err)
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = file.Write(append(line, '\n'))
	require.NoError(t, err)
	require.NoError(t, file.Close())
}
