package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// An onlooker sees all tenants of a machine's database.
type onlooker struct{ conn *sql.Conn }

func newOnlooker(t *testing.T, m *machine) onlooker {
	t.Helper()
	source, err := dsn.Parse(m.database)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()); require.NoError(t, db.Close()) })
	if source.Dialect == dialect.Postgres {
		_, err = conn.ExecContext(t.Context(), "SELECT set_config('app.tenant', 'system', false)")
		require.NoError(t, err)
	}
	return onlooker{conn}
}

// numbers are what one statement, which sees one moment, finds.
func (o onlooker) numbers(t *testing.T, columns ...string) []int {
	t.Helper()
	found, places := make([]int, len(columns)), make([]any, len(columns))
	for n := range found {
		places[n] = &found[n]
	}
	require.NoError(t, o.conn.QueryRowContext(context.WithoutCancel(t.Context()), "SELECT "+strings.Join(columns, ", ")).Scan(places...))
	return found
}

func rowsOf(table string) string { return "(SELECT COUNT(*) FROM " + table + ")" }

// whole people are those who have all that the entries of everythingOf give them, so each of these numbers is the same.
var whole = []string{
	rowsOf("users"), rowsOf("emails WHERE primary_of = user_id"), rowsOf("password_credentials"), rowsOf("webauthn_credentials"),
	rowsOf("metadata_members"), "(SELECT SUM(done - rejected) FROM jobs)",
}

// everythingOf is an entry with something in each table.
func everythingOf(n int) map[string]any {
	return map[string]any{
		"user_id": uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)), "username": fmt.Sprintf("person%d", n),
		"emails":               []any{map[string]any{"address": fmt.Sprintf("person%d@shop.example", n), "is_primary": true, "is_verified": true}},
		"password":             map[string]any{"password": "$2a$10$0/3CaWSFg7piExmq1u6vk.hcGy679sGoiQE/TftsNhQjjeVVtyaSS"},
		"webauthn_credentials": []any{map[string]any{"id": fmt.Sprintf("Y3Jl%08d", n), "public_key": "cHVibGljLWtleQ", "attestation_type": "none"}},
		"metadata":             map[string]any{"public_metadata": map[string]any{"n": n}},
	}
}

func (m *machine) writeJSON(t *testing.T, name string, v any) {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	m.write(t, name, string(raw))
}

// half is what is not whole: empty where each number is the same.
func half(numbers []int) string {
	for i, n := range numbers {
		if n != numbers[0] {
			return fmt.Sprintf("%d, but %d are %s", numbers[0], n, whole[i])
		}
	}
	return ""
}

// TestUserImport_KilledAtAnyInstantGoesOnWithTheSameFile kills an import several times: before anybody is written, and in the midst of it. All the
// while, whoever looks finds what is there whole, and what the job says of it true. In the end everybody is there once.
func TestUserImport_KilledAtAnyInstantGoesOnWithTheSameFile(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := onDatabase(t, name)
			m.must(t, "tenant", "create", "shop")
			const people = 1500
			entries := make([]map[string]any, people)
			for n := range entries {
				entries[n] = everythingOf(n)
			}
			there := []int{3, 200, 1499} // of whom others have the addresses already
			var before []any
			for _, n := range there {
				other := everythingOf(n)
				other["user_id"], other["username"], other["webauthn_credentials"] = uuid.New(), fmt.Sprintf("other%d", n), everythingOf(n + people)["webauthn_credentials"]
				before = append(before, other)
			}
			m.writeJSON(t, "before.json", before)
			m.writeJSON(t, "users.json", entries)
			m.must(t, "user", "import", "-i", "before.json", "--tenant", "shop")

			look := newOnlooker(t, m)
			args := []string{"user", "import", "-i", "users.json", "--tenant", "shop", "--batch"}
			last := len(there)
			for _, more := range []int{0, 1, 50, 100, 150} {
				s := m.start(t, append(args, "3")...)
				seen := ""
				require.Eventually(t, func() bool {
					now := look.numbers(t, append([]string{rowsOf("jobs")}, whole...)...)
					seen = half(now[1:])
					return seen != "" || now[0] == 2 && now[1] >= last+more || s.ended()
				}, patience, time.Millisecond)
				s.kill(t)
				require.Empty(t, seen, "in the midst of it")
				if last > len(there) {
					require.Contains(t, s.stderr.text(), "going on after entry ")
				}
				now := look.numbers(t, whole...)
				require.Empty(t, half(now), "after it was killed")
				require.GreaterOrEqual(t, now[0], last+more)
				require.Less(t, now[0], people, "it was killed in the midst of it")
				last = now[0]
			}

			said := m.refuses(t, append(args, "500", "--report", "rejected.jsonl"), "going on after entry ", "3 entries were rejected")
			require.NotContains(t, said, "panic")
			for i, n := range look.numbers(t, whole...) {
				require.Equal(t, people, n, whole[i]) // three of others, and all but three
			}
			require.Equal(t, []int{2, people, len(there)}, look.numbers(t, rowsOf("jobs WHERE state = 'done'"),
				"(SELECT MAX(done) FROM jobs)", "(SELECT MAX(rejected) FROM jobs)"), "one job, however often it was begun")
			requireRejected(t, m, there)
			requireEach(t, m, entries, there)
		})
	}
}

// requireRejected requires that the report speaks of these entries, once each and in their order.
func requireRejected(t *testing.T, m *machine, numbers []int) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(m.dir, "rejected.jsonl"))
	require.NoError(t, err)
	var reported []int
	for line := range bytes.Lines(raw) {
		var r struct {
			Entry       int
			Code, Field string
		}
		require.NoError(t, json.Unmarshal(line, &r))
		require.Equal(t, "email_already_exists", r.Code)
		require.Equal(t, "emails[0].address", r.Field)
		reported = append(reported, r.Entry-1)
	}
	require.Equal(t, numbers, reported)
}

// requireEach requires that an export has each of the entries once, whole, but for those that were rejected.
func requireEach(t *testing.T, m *machine, entries []map[string]any, rejected []int) {
	t.Helper()
	m.must(t, "user", "export", "-o", "out.json", "--tenant", "shop", "--with-credentials", "--with-metadata")
	raw, err := os.ReadFile(filepath.Join(m.dir, "out.json"))
	require.NoError(t, err)
	var exported []map[string]any
	require.NoError(t, json.Unmarshal(raw, &exported))
	found := map[string]map[string]any{}
	for _, e := range exported {
		found[e["user_id"].(string)] = e
	}
	require.Len(t, found, len(exported))
	for n, entry := range entries {
		got, ok := found[fmt.Sprint(entry["user_id"])]
		require.NotEqual(t, slices.Contains(rejected, n), ok, n)
		if !ok {
			continue
		}
		require.Equal(t, entry["username"], got["username"])
		require.Equal(t, entry["emails"], got["emails"])
		require.EqualValues(t, n, got["metadata"].(map[string]any)["public_metadata"].(map[string]any)["n"])
		require.Len(t, got["webauthn_credentials"], 1)
		require.Contains(t, got, "password")
	}
}
