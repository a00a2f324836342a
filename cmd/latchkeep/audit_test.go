package main_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// records writes records into a tenant's log.
func (m *machine) records(t *testing.T, tenant string, n int) {
	t.Helper()
	var shown struct {
		ID uuid.UUID `json:"id"`
	}
	m.json(t, &shown, "tenant", "show", tenant)
	m.recordsOf(t, shown.ID, n)
}

func (m *machine) recordsOf(t *testing.T, tenant uuid.UUID, n int) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{URL: m.database})
	require.NoError(t, err)
	defer st.Close()
	list := make([]audit.Record, n)
	for i := range list {
		at := time.Now().Add(time.Duration(i) * time.Millisecond)
		list[i] = audit.Record{ID: uuid.Must(uuid.NewV7()), Type: "login_success", Details: fmt.Appendf(nil, `{"n": %d}`, i), CreatedAt: at, UpdatedAt: at}
	}
	require.NoError(t, st.Do(t.Context(), scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) error {
		return audit.NewAppender(nil, false).Append(ctx, tx, tenant, list)
	}))
}

// tamper changes the database behind the program's back.
func (m *machine) tamper(t *testing.T, statement string) {
	t.Helper()
	source, err := dsn.Parse(m.database)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	defer func(db *sql.DB) { _ = db.Close() }(db)
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

func TestAudit_IsVerifiedByCommands(t *testing.T) {
	t.Parallel()

	m := onDatabase(t, dialect.SQLite)
	m.must(t, "tenant", "create", "shop")
	m.must(t, "tenant", "create", "bank")
	m.records(t, "shop", 20)
	m.records(t, "bank", 5)
	require.Regexp(t, `^shop: whole; \d+ records, .*, last \d+; 0 checkpoints \(\d+ records/s\)\n$`, m.must(t, "audit", "verify", "--tenant", "shop"))
	token := m.must(t, "audit", "checkpoint", "--tenant", "shop")
	require.Equal(t, 2, strings.Count(token, "."))
	m.write(t, "kept", token)
	var kept struct {
		Sequence   int64  `json:"sequence"`
		Checkpoint string `json:"checkpoint"`
	}
	m.json(t, &kept, "audit", "checkpoint", "--tenant", "shop")
	require.Equal(t, token, kept.Checkpoint+"\n")
	m.must(t, "audit", "verify", "--tenant", "shop", "--checkpoint", "kept")
	m.refuses(t, []string{"audit", "verify", "--tenant", "bank", "--checkpoint", "kept"}, "no checkpoint of the tenant")
	var list []struct {
		Slug  string `json:"slug"`
		Whole bool   `json:"whole"`
	}
	m.json(t, &list, "audit", "verify", "--all-tenants")
	require.Len(t, list, 3)
	require.True(t, list[0].Whole && list[1].Whole && list[2].Whole)
	require.Equal(t, consoleLog, list[2].Slug, "that of the console is one of them")

	m.tamper(t, fmt.Sprintf(`DELETE FROM audit_checkpoints WHERE sequence = %d`, kept.Sequence))
	m.tamper(t, fmt.Sprintf(`DELETE FROM audit_logs WHERE sequence = %d`, kept.Sequence))
	m.must(t, "audit", "verify", "--tenant", "shop")
	m.refuses(t, []string{"audit", "verify", "--tenant", "shop", "--checkpoint", "kept"}, "not what was written")

	m.tamper(t, fmt.Sprintf(`UPDATE audit_logs SET type = 'login_failure' WHERE sequence = %d`, kept.Sequence-1))
	o := m.run(t, "audit", "verify", "--tenant", "shop")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.stdout, "BROKEN")
	require.Regexp(t, fmt.Sprintf(`record %d \([0-9a-f-]{36}\): the record was altered`, kept.Sequence-1), o.stdout)
	o = m.run(t, "audit", "verify", "--all-tenants", "--output", "json")
	require.Equal(t, 1, o.code)
	require.Contains(t, o.stdout, `"whole": false`)
	require.Contains(t, o.stdout, `"whole": true`)

	m.refuses(t, []string{"audit", "verify"}, "say which tenant")
	m.refuses(t, []string{"audit", "verify", "--all-tenants", "--checkpoint", "kept"}, "goes with neither")
	m.refuses(t, []string{"audit", "checkpoint", "--tenant", "nobody"}, "nobody")
}

// consoleLog is whose log that of the console is.
var consoleLog = tenants.SystemID.String()

func TestAudit_OfTheConsoleIsReachedByCommandsInSingleTenantModeToo(t *testing.T) {
	t.Parallel()

	m := single(t, "service: {name: Shop}\n")
	m.must(t, "migrate", "up")
	m.must(t, "operator", "people") // the first command makes the tenants
	m.recordsOf(t, tenants.SystemID, 3)
	m.recordsOf(t, tenants.SingleID, 5)
	require.Regexp(t, "^"+consoleLog+": whole; 3 records", m.must(t, "audit", "verify", "--tenant", consoleLog))
	for _, flag := range []string{"--tenant=", "--tenant=shop", "--tenant_id=" + tenants.SingleID.String()} {
		require.Contains(t, m.must(t, "audit", "verify", flag), ": whole; 5 records", "there is no other")
	}
	require.Regexp(t, "(?s): whole; 5 records.*\n"+consoleLog+": whole; 3 records", m.must(t, "audit", "verify", "--all-tenants"))
	require.Equal(t, 3, strings.Count(m.must(t, "audit", "export", "--tenant", consoleLog), "\n"))
	m.write(t, "kept", m.must(t, "audit", "checkpoint", "--tenant", consoleLog))
	m.must(t, "audit", "verify", "--tenant", consoleLog, "--checkpoint", "kept")

	m.tamper(t, fmt.Sprintf(`UPDATE audit_logs SET type = 'login_failure' WHERE sequence = 2 AND tenant_id = '%s'`, tenants.SystemID))
	m.refuses(t, []string{"audit", "verify", "--all-tenants"}, "not what was written")
}

func TestAudit_IsExportedByCommands(t *testing.T) {
	t.Parallel()

	m := onDatabase(t, dialect.SQLite)
	m.must(t, "tenant", "create", "shop")
	m.records(t, "shop", 5)
	require.Equal(t, 5, strings.Count(m.must(t, "audit", "export", "--tenant", "shop", "--type", "login_success"), `"type":"login_success"`))
	require.Contains(t, m.must(t, "audit", "export", "--tenant", "shop", "--format", "csv", "-o", "log.csv", "--type", "login_success,x"), "exported 5 records of shop")
	csv, err := os.ReadFile(filepath.Join(m.dir, "log.csv"))
	require.NoError(t, err)
	require.Equal(t, 6, strings.Count(string(csv), "\r\n"))
	require.Empty(t, m.must(t, "audit", "export", "--tenant", "shop", "--end-time", "2020-01-01T00:00:00Z"))
	m.refuses(t, []string{"audit", "export", "--tenant", "shop", "--format", "xml"}, "jsonl or csv")
	m.refuses(t, []string{"audit", "export", "--tenant", "shop", "--start-time", "yesterday"}, "start-time")
}
