package rawsql_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// TestMails_AreListedAndForgottenAlongIndexes asks each database how it lists mails, and how it finds those that are to go.
func TestMails_AreListedAndForgottenAlongIndexes(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var texts []string
			st, url := testdb.New(t, name, testdb.WithStatements(func(text string) { texts = append(texts, text) }))
			c := &crowd{st: st, name: name, texts: &texts, sc: newTenant(t, st)}
			source, err := dsn.Parse(url)
			require.NoError(t, err)
			db, err := source.OpenPlain()
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			c.conn, err = db.Conn(t.Context())
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, c.conn.Close()) })
			now := time.Now().UTC().Truncate(time.Microsecond)
			ids := put(t, st, c.sc, now, make([]string, 1000)...)
			do(t, st, c.sc, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Raw.IntentsSent(ctx, now, ids[:700]...)
				if err == nil {
					_, err = tx.Raw.IntentsDropped(ctx, now, "", ids[700:800]...)
				}
				return err
			})
			tenant := c.sc.TenantID()
			mails := func(ask rawsql.MailAsk) func() {
				return func() {
					do(t, st, c.sc, func(ctx context.Context, tx *store.Tx) error {
						_, err := tx.Raw.Mails(ctx, ask)
						return err
					})
				}
			}
			forget := func(kind rawsql.Expiring) func() {
				return func() {
					do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
						_, err := tx.Raw.DeleteExpired(ctx, kind, now.Add(-time.Hour), 100)
						return err
					})
				}
			}
			const list, leave = "intent_tenant_id_kind_id", "intent_state_done_at"
			for what, ask := range map[string]struct {
				index string
				args  []any
				do    func()
			}{
				"all":      {list, []any{tenant, 20}, mails(rawsql.MailAsk{Limit: 20})},
				"next":     {list, []any{tenant, ids[500], 20}, mails(rawsql.MailAsk{Before: ids[500], Limit: 20})},
				"state":    {list, []any{tenant, "sent", 20}, mails(rawsql.MailAsk{State: "sent", Limit: 20})},
				"template": {list, []any{tenant, "login %", 20}, mails(rawsql.MailAsk{About: "login ", Limit: 20})},
				"sent":     {leave, []any{now, 100}, forget(rawsql.SentMails)},
				"dropped":  {leave, []any{now, 100}, forget(rawsql.DroppedMails)},
				"others":   {leave, []any{now, 100}, forget(rawsql.DroppedIntents)},
				"done":     {leave, []any{now, 100}, forget(rawsql.DoneIntents)},
			} {
				texts = nil
				ask.do()
				setting := "system"
				if ask.index == list {
					setting = tenant.String()
				}
				c.scope(t, setting)
				if rest, is := strings.CutPrefix(texts[0], "SET LOCAL "); is {
					c.exec(t, "SET "+rest)
					texts = texts[1:]
				}
				if name == dialect.Postgres {
					c.exec(t, "SET enable_seqscan = off") // it reads a short table from end to end, which is the quickest
				}
				plan, scans := c.plan(t, texts[0], ask.args)
				require.False(t, scans, "%s:\n%s", what, plan)
				require.Contains(t, plan, ask.index, "%s:\n%s", what, plan)
				for _, bad := range []string{"filesort", "Sort  (", "B-TREE FOR ORDER BY"} {
					require.NotContains(t, plan, bad, "%s:\n%s", what, plan)
				}
			}
		})
	}
}

func TestMails_AreThoseOfTheTenant(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		shop, bank := newTenant(t, st), newTenant(t, st)
		ids := put(t, st, shop, now, "", "", "")
		put(t, st, bank, now, "")
		list := func(ask rawsql.MailAsk) (found []uuid.UUID) {
			do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
				rows, err := tx.Raw.Mails(ctx, ask)
				for _, row := range rows {
					found = append(found, row.ID)
				}
				return err
			})
			return found
		}
		require.Equal(t, []uuid.UUID{ids[2], ids[1], ids[0]}, list(rawsql.MailAsk{Limit: 9}))
		require.Equal(t, []uuid.UUID{ids[1]}, list(rawsql.MailAsk{Before: ids[2], Limit: 1}))
		require.Empty(t, list(rawsql.MailAsk{State: "sent", Limit: 9}))
		require.Empty(t, list(rawsql.MailAsk{About: "%", Limit: 9}), "it is no pattern")
	})
}
