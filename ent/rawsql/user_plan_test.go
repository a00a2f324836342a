package rawsql_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// A listCase is a filter and what is expected of finding by it.
type listCase struct {
	filter rawsql.UserFilter
	seeks  bool // a page is found at once, however many users there are
}

func listCases() map[string]listCase {
	yes, no := true, false
	plan, vip, pro, truth := digestOf("plan"), digestOf("vip"), digestOf(`"pro"`), digestOf(`true`)
	id := uuid.MustParse("00000003-0000-7000-8000-000000000001")
	return map[string]listCase{
		"all":                         {rawsql.UserFilter{}, true},
		"ids":                         {rawsql.UserFilter{IDs: []uuid.UUID{id, uuid.New(), uuid.New()}}, true},
		"exact address":               {rawsql.UserFilter{Email: "user0000003@shop.example"}, true},
		"address prefix":              {rawsql.UserFilter{EmailPrefix: "user00"}, true},
		"narrow address prefix":       {rawsql.UserFilter{EmailPrefix: "user0000003"}, true},
		"username prefix":             {rawsql.UserFilter{UsernamePrefix: "user00"}, true},
		"narrow username prefix":      {rawsql.UserFilter{UsernamePrefix: "user0000004"}, true},
		"metadata":                    {rawsql.UserFilter{MetadataName: plan, MetadataValue: pro}, true},
		"rare metadata":               {rawsql.UserFilter{MetadataName: vip, MetadataValue: truth}, true},
		"metadata by name":            {rawsql.UserFilter{MetadataName: plan}, true},
		"not blocked":                 {rawsql.UserFilter{Blocked: &no}, true},
		"blocked":                     {rawsql.UserFilter{Blocked: &yes}, false},
		"created":                     {rawsql.UserFilter{CreatedAfter: epoch, CreatedBefore: epoch.Add(1000 * time.Second)}, true},
		"part of an address":          {rawsql.UserFilter{EmailContains: "000003"}, false},
		"part of a username":          {rawsql.UserFilter{UsernameContains: "000004"}, false},
		"part of either":              {rawsql.UserFilter{EmailContains: "000003", UsernameContains: "000004"}, false},
		"prefixes, metadata, blocked": {rawsql.UserFilter{EmailPrefix: "user0", UsernamePrefix: "user0", MetadataName: plan, MetadataValue: pro, Blocked: &no}, false},
	}
}

var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// TestUserList_NeverReadsATableFromEndToEnd asks each database how it finds users. LATCHKEEP_TEST_SCALE_USERS=1000000 makes it a million.
func TestUserList_NeverReadsATableFromEndToEnd(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := crowdIn(t, name)
			t.Logf("%d users in %v", c.size, c.fillUp)
			ctx := scope.With(t.Context(), c.sc)
			for what, test := range listCases() {
				c.checkList(ctx, t, what, test)
			}
			c.checkOne(ctx, t)
		})
	}
}

// checkList looks at the windows of one list.
func (c *crowd) checkList(ctx context.Context, t *testing.T, what string, test listCase) {
	t.Helper()
	if c.name == dialect.Postgres {
		c.exec(t, "RESET enable_seqscan")
	}
	raw := c.st.Raw()
	first, err := raw.ListUsers(ctx, test.filter, rawsql.UserWindow{Limit: 21})
	require.NoError(t, err, what)
	require.NotEmpty(t, first, what)
	deep := epoch.Add(time.Duration(c.size/4) * time.Second)
	if before := test.filter.CreatedBefore; !before.IsZero() {
		deep = before.Add(-500 * time.Second) // a cursor lies within its list
	}
	windows := map[string]rawsql.UserWindow{
		"newest": {Limit: 21}, "oldest": {Ascending: true, Limit: 21},
		"behind": {After: &first[len(first)-1], Limit: 21}, "behind, ascending": {Ascending: true, After: &first[0], Limit: 21},
		"deep":        {After: &rawsql.UserPosition{ID: first[0].ID, At: deep, Text: first[0].Text, Value: first[0].Value}, Limit: 21},
		"passed over": {Offset: 100, Limit: 21},
	}
	if !test.seeks {
		c.withoutScans(t) // PostgreSQL reads a table that is mostly the tenant's from end to end, which is the quickest
	}
	for where, w := range windows {
		text, args, err := raw.UserList(ctx, test.filter, w)
		require.NoError(t, err)
		plan, scans := c.plan(t, text, args)
		require.False(t, scans, "%s, %s:\n%s\n%s", what, where, text, plan)
		if c.size < 1_000_000 {
			continue
		}
		took := quickest(t, func(context.Context) error { _, err := raw.ListUsers(ctx, test.filter, w); return err })
		t.Logf("%s: %s, %s: %v", c.name, what, where, took)
		if test.seeks && took > 5*time.Millisecond {
			t.Errorf("%s, %s took %v:\n%s", what, where, took, plan)
		}
	}
	// Of a tenant to whom most of the table belongs everything is counted the quickest from end to end, so another one is asked about.
	c.withoutScans(t)
	for _, most := range []int{0, 2001} {
		text, args, err := raw.UserCount(scope.With(ctx, c.small), test.filter, most)
		require.NoError(t, err)
		plan, scans := c.plan(t, text, args)
		require.False(t, scans, "%s, count of at most %d:\n%s\n%s", what, most, text, plan)
	}
	if c.size >= 1_000_000 {
		t.Logf("%s: %s, count: %v", c.name, what, quickest(t, func(context.Context) error { _, err := raw.CountUsers(ctx, test.filter, 0); return err }))
	}
}

// withoutScans has PostgreSQL use an index where there is one, as it does for a tenant that has a small part of a table, until the list is
// done with.
func (c *crowd) withoutScans(t *testing.T) {
	t.Helper()
	if c.name == dialect.Postgres {
		c.exec(t, "SET enable_seqscan = off")
	}
}

// checkOne looks at the statements that read users by their ids.
func (c *crowd) checkOne(ctx context.Context, t *testing.T) {
	t.Helper()
	ids := make([]uuid.UUID, 20)
	args := []any{c.sc.TenantID()}
	for i := range ids {
		ids[i] = uuid.MustParse(fmt.Sprintf("%08x-0000-7000-8000-000000000001", i*31))
		args = append(args, ids[i])
	}
	*c.texts = nil
	_, err := c.st.Raw().Person(ctx, ids[1])
	require.NoError(t, err)
	people, err := c.st.Raw().People(ctx, ids)
	require.NoError(t, err)
	require.Len(t, people, 20)
	_, err = c.st.Raw().IdentifyByEmail(ctx, "user0000003@shop.example")
	require.NoError(t, err)
	require.Len(t, *c.texts, 3)
	byAddress := []any{c.sc.TenantID(), uuid.Nil, c.sc.TenantID(), "user0000003@shop.example", c.sc.TenantID(), uuid.Nil}
	for i, args := range [][]any{{c.sc.TenantID(), ids[1]}, args, byAddress} {
		plan, scans := c.plan(t, (*c.texts)[i], args)
		require.False(t, scans, "%s\n%s", (*c.texts)[i], plan)
	}
}
