package rawsql_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// TestDueIntents_AreFoundAlongTheirIndex asks each database how it finds what is due where it has not looked since the table was empty.
func TestDueIntents_AreFoundAlongTheirIndex(t *testing.T) {
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
			put(t, st, c.sc, now, make([]string, 1000)...)
			put(t, st, newTenant(t, st), now, "")

			look := []any{uuid.Nil, 20, "mail", now, "audit", now}
			if name == "mysql" {
				look = []any{uuid.Nil, uuid.Nil, "mail", now, uuid.Nil, "audit", now}
			}
			for what, ask := range map[string]struct {
				setting string
				args    []any
				do      func()
			}{
				"look":  {"system", look, func() { due(t, st, rawsql.Look{Now: now, Tenants: 5, Kinds: []string{"mail", "audit"}}) }},
				"read":  {c.sc.TenantID().String(), []any{c.sc.TenantID(), "mail", now, 100}, func() { ready(t, st, c.sc, now) }},
				"lease": {c.sc.TenantID().String(), []any{c.sc.TenantID(), "mail", now, 2}, func() { lease(t, st, c.sc, now) }},
			} {
				texts = nil
				ask.do()
				c.scope(t, ask.setting)
				if rest, is := strings.CutPrefix(texts[0], "SET LOCAL "); is { // it holds for the connection that is asked
					c.exec(t, "SET "+rest)
					texts = texts[1:]
				}
				plan, scans := c.plan(t, texts[0], ask.args)
				require.False(t, scans && what != "look", "%s:\n%s", what, plan) // the walk itself is read whole
				require.Contains(t, plan, "tenant_id_kind_available_at_id", "%s:\n%s", what, plan)
				for _, bad := range []string{"filesort", "Seq Scan", "Sort  (", "B-TREE FOR ORDER BY", "done_at "} {
					require.NotContains(t, plan, bad, "%s:\n%s", what, plan)
				}
			}
		})
	}
}

// BenchmarkDueIntents measures a look past a flood that waits, and past what one left behind, before any database has tidied up.
func BenchmarkDueIntents(b *testing.B) {
	for _, name := range testdb.Dialects() {
		for what, done := range map[string]bool{"waiting": false, "done": true} {
			b.Run(name+"/"+what, func(b *testing.B) {
				st, _ := testdb.New(b, name)
				now := time.Now().UTC()
				loud, quiet := newTenant(b, st), newTenant(b, st)
				for range 50 {
					ids := put(b, st, loud, now, make([]string, 1000)...)
					do(b, st, loud, func(ctx context.Context, tx *store.Tx) error {
						if !done {
							return nil
						}
						_, err := tx.Raw.IntentsDone(ctx, now, ids...)
						return err
					})
				}
				put(b, st, loud, now, "")
				put(b, st, quiet, now, "")
				for b.Loop() {
					due(b, st, rawsql.Look{Now: now, Tenants: 50, Kinds: []string{"audit", "audit_erase", "job", "mail", "webhook"}})
				}
			})
		}
	}
}
