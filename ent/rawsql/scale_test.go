package rawsql_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// scaleUsers is the variable that says how many users the plans are made for: a power of ten. With a million, times are checked, too.
const scaleUsers = "LATCHKEEP_TEST_SCALE_USERS"

// crowd is a tenant with many users, and another one beside it.
type crowd struct {
	st     *store.Store
	conn   *sql.Conn // of the program's role, in the tenant's scope
	name   string    // of the dialect
	sc     scope.Scope
	small  scope.Scope // of the other tenant
	size   int
	texts  *[]string // the statements that the store sent
	fillUp time.Duration
}

// digits of the number of users.
func scaleDigits(t testing.TB) int {
	t.Helper()
	size := 100_000
	if set := os.Getenv(scaleUsers); set != "" {
		n, err := strconv.Atoi(set)
		require.NoError(t, err, scaleUsers)
		size = n
	} else if testing.Short() || underRace {
		size = 10_000
	}
	return len(strconv.Itoa(size)) - 1
}

// crowdIn fills a database of its own: every user of the large tenant has an address "user%07d@shop.example", every second one a username,
// every tenth one a further address, as many a passkey, one of 500 has neither, one of 1000 is blocked; half of them share the time of their creation with
// another. A hundredth as many belong to the other tenant.
func crowdIn(t *testing.T, name string) *crowd {
	t.Helper()
	var texts []string
	st, url := testdb.New(t, name, testdb.WithStatements(func(text string) { texts = append(texts, text) }))
	c := &crowd{st: st, name: name, texts: &texts}
	began := time.Now()
	source, err := dsn.Parse(url)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	c.conn, err = db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.conn.Close()) })
	d := scaleDigits(t)
	c.size = 1
	for range d {
		c.size *= 10
	}
	c.sc = newTenant(t, st)
	c.scope(t, "system")
	switch name { // what is lost in a crash is a test's
	case dialect.SQLite:
		for _, pragma := range []string{"synchronous = OFF", "cache_size = -262144", "foreign_keys = OFF"} {
			c.exec(t, "PRAGMA "+pragma)
		}
	case dialect.MySQL:
		c.exec(t, "SET SESSION unique_checks = 0, foreign_key_checks = 0")
	}
	c.fill(t, c.sc.TenantID(), d, 0)
	c.small = newTenant(t, st)
	c.fill(t, c.small.TenantID(), d-2, c.size)
	for i := range 20 { // most tenants are small, which SQLite goes by
		c.fill(t, newTenant(t, st).TenantID(), 1, 2*c.size+10*i)
	}
	c.analyze(t, url)
	c.scope(t, c.sc.TenantID().String())
	c.fillUp = time.Since(began)
	return c
}

func (c *crowd) scope(t *testing.T, setting string) {
	t.Helper()
	if c.name == dialect.Postgres {
		_, err := c.conn.ExecContext(t.Context(), "SELECT set_config('app.tenant', $1, false)", setting)
		require.NoError(t, err)
	}
}

// analyze tells the database what it holds, as it finds out itself in time.
func (c *crowd) analyze(t *testing.T, url string) {
	t.Helper()
	switch c.name {
	case dialect.Postgres:
		source, err := dsn.Parse(testdb.Owner(t, url))
		require.NoError(t, err)
		owner, err := source.OpenPlain()
		require.NoError(t, err)
		_, err = owner.ExecContext(t.Context(), "VACUUM (ANALYZE) users, emails, metadata_members, webauthn_credentials")
		require.NoError(t, err)
		require.NoError(t, owner.Close())
	case dialect.MySQL:
		c.exec(t, "ANALYZE TABLE users, emails, metadata_members, webauthn_credentials")
	default:
		c.exec(t, "ANALYZE")
	}
}

func (c *crowd) exec(t *testing.T, text string) {
	t.Helper()
	_, err := c.conn.ExecContext(t.Context(), text)
	require.NoError(t, err, "%.300s", text)
}

// fill makes 10^digits users whose numbers begin at from.
func (c *crowd) fill(t *testing.T, tenant uuid.UUID, digits, from int) {
	t.Helper()
	sum, parts := fmt.Sprint(from), []string{}
	for i, weight := 0, 1; i < digits; i, weight = i+1, weight*10 {
		sum += fmt.Sprintf(" + %d * d%d.n", weight, i)
		parts = append(parts, fmt.Sprintf("(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 "+
			"UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) d%d", i))
	}
	slices.Reverse(parts) // so that numbers come in their order, and rows are written side by side
	numbers := "(SELECT " + sum + " AS n FROM " + strings.Join(parts, " CROSS JOIN ") + ") s"
	owner := "'" + tenant.String() + "'"
	if c.name == dialect.Postgres {
		owner += "::uuid"
	}
	name := c.text("user%07d", "s.n")
	c.exec(t, `INSERT INTO users (id, tenant_id, created_at, updated_at, picture, username, blocked_at)
		SELECT `+c.id(1)+`, `+owner+`, `+c.at("s.n / 2")+`, `+c.at("s.n")+`, '',
		CASE WHEN `+c.mod(2)+` = 0 AND `+c.mod(500)+` <> 0 THEN `+name+` END, CASE WHEN `+c.mod(1000)+` = 7 THEN `+c.at("s.n")+` END
		FROM `+numbers)
	for kind, which := range map[int]string{2: c.mod(500) + ` <> 0`, 3: c.mod(10) + ` = 1`} {
		address, primary := c.text("user%07d@shop.example", "s.n"), c.id(1)
		if kind == 3 {
			address, primary = c.text("user%07d_second@shop.example", "s.n"), "NULL"
		}
		c.exec(t, `INSERT INTO emails (id, tenant_id, created_at, updated_at, user_id, address, is_verified, primary_of)
			SELECT `+c.id(kind)+`, `+owner+`, `+c.at("s.n")+`, `+c.at("s.n")+`, `+c.id(1)+`, `+address+`, true, `+primary+`
			FROM `+numbers+` WHERE `+which)
	}
	id := c.text("credential%07d", "s.n")
	if c.name == dialect.Postgres {
		id = "convert_to(" + id + ", 'UTF8')"
	}
	c.exec(t, `INSERT INTO webauthn_credentials (id, tenant_id, created_at, updated_at, user_id, credential_id, credential_hash, public_key, aaguid, mfa_only, transports)
		SELECT `+c.id(6)+`, `+owner+`, `+c.at("s.n")+`, `+c.at("s.n")+`, `+c.id(1)+`, `+id+`, `+id+`, `+id+`, `+c.id(1)+`, false, '[]'
		FROM `+numbers+` WHERE `+c.mod(10)+` = 3`)
	for kind, member := range map[int]struct{ name, value, which string }{
		4: {"plan", `CASE WHEN ` + c.mod(4) + ` = 0 THEN ` + c.value(`"pro"`) + ` ELSE ` + c.value(`"free"`) + ` END`, `1 = 1`},
		5: {"vip", c.value(`true`), c.mod(5000) + ` = 5`},
	} {
		c.exec(t, `INSERT INTO metadata_members (id, tenant_id, user_id, name, value)
			SELECT `+c.id(kind)+`, `+owner+`, `+c.id(1)+`, `+c.bytes(digestOf(member.name))+`, `+member.value+`
			FROM `+numbers+` WHERE `+member.which)
	}
}

// id is an expression for the id of a kind that belongs to the number s.n.
func (c *crowd) id(kind int) string {
	switch c.name {
	case dialect.Postgres:
		return fmt.Sprintf("(LPAD(TO_HEX(s.n), 8, '0') || '-0000-7000-8000-%012d')::uuid", kind)
	case dialect.MySQL:
		return fmt.Sprintf("CONCAT(LPAD(LOWER(HEX(s.n)), 8, '0'), '-0000-7000-8000-%012d')", kind)
	}
	return fmt.Sprintf("PRINTF('%%08x-0000-7000-8000-%012d', s.n)", kind)
}

// at is an expression for a time, so many seconds after another.
func (c *crowd) at(seconds string) string {
	switch c.name {
	case dialect.Postgres:
		return "(TIMESTAMPTZ '2020-01-01 00:00:00+00' + (" + seconds + ") * INTERVAL '1 second')"
	case dialect.MySQL:
		return "(TIMESTAMP '2020-01-01 00:00:00' + INTERVAL FLOOR(" + seconds + ") SECOND)"
	}
	return "((1577836800 + " + seconds + ") * 1000000)"
}

func (c *crowd) text(format, n string) string {
	before, after, _ := strings.Cut(format, "%07d")
	if c.name == dialect.SQLite {
		return "PRINTF('" + format + "', " + n + ")"
	}
	if c.name == dialect.Postgres {
		n = "(" + n + ")::text"
	}
	return "CONCAT('" + before + "', LPAD(" + n + ", 7, '0'), '" + after + "')"
}

func (c *crowd) mod(of int) string { return fmt.Sprintf("(s.n %% %d)", of) }

func (c *crowd) bytes(b []byte) string {
	if c.name == dialect.Postgres {
		return `'\x` + hex.EncodeToString(b) + `'::bytea`
	}
	return `X'` + hex.EncodeToString(b) + `'`
}

func (c *crowd) value(json string) string { return c.bytes(digestOf(json)) }

// digestOf stands for what auth/user computes: bytes as good as any.
func digestOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:16]
}

// plan is how the database carries a statement out, and whether it reads a table from one end to the other.
func (c *crowd) plan(t *testing.T, text string, args []any) (plan string, scans bool) {
	t.Helper()
	explain := "EXPLAIN "
	if c.name == dialect.SQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	rows, err := c.conn.QueryContext(t.Context(), explain+text, args...)
	require.NoError(t, err, text)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var lines []string
	for rows.Next() {
		cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		require.NoError(t, rows.Scan(into...))
		line := cells[len(cells)-1].String
		if c.name == dialect.MySQL {
			line = ""
			row := map[string]string{}
			for i, cell := range cells {
				line += columns[i] + "=" + cell.String + " "
				row[columns[i]] = cell.String
			}
			scans = scans || row["type"] == "ALL" && !strings.HasPrefix(row["table"], "<") // what was gathered before is read whole
		}
		lines = append(lines, line)
		scans = scans || strings.Contains(line, "Seq Scan") ||
			strings.HasPrefix(line, "SCAN ") && !strings.Contains(line, " USING ") && !strings.Contains(line, "CONSTANT ROW") && line != "SCAN few" && line != "SCAN one"
	}
	require.NoError(t, rows.Err())
	return strings.Join(lines, "\n"), scans
}

// quickest is how long the quickest of some runs took. What takes long takes long: of that one run is enough.
func quickest(t *testing.T, do func(ctx context.Context) error) time.Duration {
	t.Helper()
	best := time.Hour
	for range 7 {
		began := time.Now()
		require.NoError(t, do(t.Context()))
		if best = min(best, time.Since(began)); best > 50*time.Millisecond {
			break
		}
	}
	return best
}
