package rawsql_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// TestAuditRecords_AreFoundAlongAnIndexWithoutSorting asks each database how it finds a page of a long log. LATCHKEEP_TEST_SCALE_USERS says how
// long.
func TestAuditRecords_AreFoundAlongAnIndexWithoutSorting(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := longLog(t, name)
			ctx := scope.With(t.Context(), c.sc)
			kim := uuid.MustParse("00000007-0000-7000-8000-000000000001")
			at := time.Date(2020, 1, 1, 0, 0, c.size/4, 0, time.UTC) // the middle
			for what, test := range map[string]struct {
				filter rawsql.AuditFilter
				page   rawsql.AuditPage
			}{
				"newest":  {},
				"behind":  {page: rawsql.AuditPage{Behind: &rawsql.AuditPlace{CreatedAt: at, ID: kim}}},
				"type":    {filter: rawsql.AuditFilter{Types: []string{"login_success"}}},
				"actor":   {filter: rawsql.AuditFilter{ActorUserID: kim}},
				"after":   {filter: rawsql.AuditFilter{After: at}},
				"between": {filter: rawsql.AuditFilter{After: at, Before: at.Add(time.Hour)}},
				"part":    {filter: rawsql.AuditFilter{ActorEmailPart: "k***", Any: "192.0"}},
			} {
				*c.texts = nil
				test.page.Limit = 21
				found, err := c.st.Raw().AuditRecords(ctx, test.filter, test.page)
				require.NoError(t, err)
				require.NotEmpty(t, found, what)
				plan, scans := c.plan(t, (*c.texts)[0], c.auditArgs(test.filter, test.page))
				require.False(t, scans, "%s:\n%s", what, plan)
				for _, line := range strings.Split(plan, "\n") {
					// Entries of one moment are put in order among themselves; that is all, but where few are expected and so all of the tenant's
					// are looked at.
					sorts := strings.Contains(line, "filesort") || strings.HasPrefix(line, "USE TEMP B-TREE FOR ORDER BY") ||
						strings.Contains(line, "Sort  (") && !strings.Contains(line, "Incremental Sort")
					require.False(t, sorts && what != "part", "%s:\n%s", what, plan)
				}
				t.Logf("%s of %d: %s: %v", name, c.size, what, quickest(t, func(context.Context) error {
					_, err := c.st.Raw().AuditRecords(ctx, test.filter, test.page)
					return err
				}))
			}
		})
	}
}

// TestAuditSteps_GoAlongTheIndexOnTheTime: the worker walks over the logs of all tenants every minute.
func TestAuditSteps_GoAlongTheIndexOnTheTime(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := longLog(t, name)
			c.scope(t, "system")
			at := time.Date(2020, 1, 1, 0, 0, c.size/4, 0, time.UTC) // the middle
			before, ctx := at.Add(time.Hour), scope.With(t.Context(), system)
			*c.texts = nil
			found, err := c.st.Raw().AuditSteps(ctx, rawsql.AuditPlace{CreatedAt: at}, before, 100)
			require.NoError(t, err)
			require.Len(t, found, 100)
			_, err = c.st.Raw().AuditCheckpoints(ctx, c.sc.TenantID(), c.small.TenantID())
			require.NoError(t, err)
			plan, scans := c.plan(t, (*c.texts)[0], []any{at, before, at, uuid.Nil, 100})
			require.False(t, scans, plan)
			require.NotContains(t, plan, "filesort")
			require.Contains(t, plan, "auditlog_created_at")
			plan, scans = c.plan(t, (*c.texts)[1], []any{c.sc.TenantID(), c.small.TenantID()})
			require.False(t, scans, plan)
		})
	}
}

// auditArgs are the arguments of AuditRecords, in their order.
func (c *crowd) auditArgs(f rawsql.AuditFilter, page rawsql.AuditPage) []any {
	args := []any{c.sc.TenantID()}
	for _, bound := range []time.Time{f.After, f.Before} {
		if !bound.IsZero() {
			args = append(args, bound)
		}
	}
	for _, name := range f.Types {
		args = append(args, name)
	}
	if f.ActorUserID != uuid.Nil {
		args = append(args, f.ActorUserID)
	}
	if f.ActorEmailPart != "" {
		args = append(args, "%"+f.ActorEmailPart+"%")
	}
	if f.Any != "" {
		args = append(args, slices.Repeat([]any{"%" + f.Any + "%"}, 3)...)
	}
	if at := page.Behind; at != nil {
		args = append(args, at.CreatedAt, at.CreatedAt, at.ID)
	}
	return append(args, page.Limit, page.Offset)
}

// longLog is a tenant with a long log beside others with short ones. Every tenth entry is of a sign-in, every hundredth of one person.
func longLog(t *testing.T, name string) *crowd {
	t.Helper()
	var texts []string
	st, url := testdb.New(t, name, testdb.WithStatements(func(text string) { texts = append(texts, text) }))
	c := &crowd{st: st, name: name, texts: &texts, sc: newTenant(t, st), small: newTenant(t, st)}
	source, err := dsn.Parse(url)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	c.conn, err = db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.conn.Close()) })
	digits := max(scaleDigits(t)-1, 4)
	c.size = 1
	for range digits {
		c.size *= 10
	}
	c.scope(t, "system")
	if name == dialect.SQLite {
		c.exec(t, "PRAGMA synchronous = OFF")
	}
	c.log(t, c.sc.TenantID(), digits, 0)
	c.log(t, c.small.TenantID(), digits-1, c.size)
	for i := range 20 {
		c.log(t, newTenant(t, st).TenantID(), 1, 2*c.size+10*i)
	}
	if name == dialect.Postgres {
		owner, err := dsn.Parse(testdb.Owner(t, url))
		require.NoError(t, err)
		db, err := owner.OpenPlain()
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), "VACUUM (ANALYZE) audit_logs")
		require.NoError(t, err)
		require.NoError(t, db.Close())
		c.exec(t, "SET enable_seqscan = off") // it reads a short table from end to end, which is the quickest
	}
	if name == dialect.MySQL {
		c.exec(t, "ANALYZE TABLE audit_logs")
	}
	c.scope(t, c.sc.TenantID().String())
	return c
}

// log writes 10^digits entries whose numbers begin at from.
func (c *crowd) log(t *testing.T, tenant uuid.UUID, digits, from int) {
	t.Helper()
	sum, parts := fmt.Sprint(from), []string{}
	for i, weight := 0, 1; i < digits; i, weight = i+1, weight*10 {
		sum += fmt.Sprintf(" + %d * d%d.n", weight, i)
		parts = append(parts, fmt.Sprintf("(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 "+
			"UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) d%d", i))
	}
	slices.Reverse(parts)
	owner, kim := "'"+tenant.String()+"'", "'00000007-0000-7000-8000-000000000001'"
	if c.name == dialect.Postgres {
		owner, kim = owner+"::uuid", kim+"::uuid"
	}
	c.exec(t, `INSERT INTO audit_logs (id, tenant_id, created_at, updated_at, sequence, type, error, meta_user_agent, meta_source_ip, actor_user_id, actor_email)
		SELECT `+c.id(1)+`, `+owner+`, `+c.at("s.n / 2")+`, `+c.at("s.n / 2")+`, s.n, CASE WHEN `+c.mod(10)+` = 0 THEN 'login_success' ELSE 'email_created' END,
		'', '', '192.0.2.7', CASE WHEN `+c.mod(100)+` = 0 THEN `+kim+` END, 'k*****@shop.example'
		FROM (SELECT `+sum+` AS n FROM `+strings.Join(parts, " CROSS JOIN ")+`) s`)
}
