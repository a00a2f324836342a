package rawsql_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// TestDueDeliveries_AreFoundAlongTheirIndexes asks each database how it finds what is due where it believes that next to nothing waits: it has
// not looked since.
func TestDueDeliveries_AreFoundAlongTheirIndexes(t *testing.T) {
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
			c.scope(t, c.sc.TenantID().String())
			to, now := uuid.New(), time.Now().UTC().Truncate(time.Microsecond)
			keys := make([]string, 300)
			for i := range keys {
				keys[i] = uuid.NewString()
			}
			for range 4 {
				waiting(t, st, c.sc, to, now, keys...)
			}
			texts = nil
			require.Len(t, dueIDs(t, st, c.sc, to, now, 32), 32)
			_, ok := nextDelivery(t, st, c.sc, to)
			require.True(t, ok)
			for i := 0; i < len(texts); i++ { // settings hold for the connection that is asked
				if strings.HasPrefix(texts[i], "SET LOCAL ") {
					c.exec(t, strings.Replace(texts[i], "LOCAL ", "", 1))
					texts = slices.Delete(texts, i, i+1)
				}
			}
			for i, args := range [][]any{{c.sc.TenantID(), to, now, 32}, {c.sc.TenantID(), to}} {
				plan, scans := c.plan(t, texts[i], args)
				require.False(t, scans, plan)
				require.Contains(t, plan, "tenant_id_endpoint_id_available_at", plan)
				require.Contains(t, plan, "tenant_id_endpoint_id_ordering_message_id", plan)
				require.False(t, strings.Contains(plan, "filesort") && name == "mysql" && i == 0, plan)
			}
		})
	}
}
