package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// dead writes something down that could not be carried out, and returns its id.
func (c *console) dead(t *testing.T, tenant, kind string) string {
	t.Helper()
	id, at := uuid.Must(uuid.NewV7()), time.Now().UTC().Add(-time.Hour).Truncate(time.Microsecond)
	require.NoError(t, c.store.Do(t.Context(), scope.Tenant(uuid.MustParse(tenant)), func(ctx context.Context, tx *store.Tx) error {
		return tx.Intent.Create().SetID(id).SetTenantID(uuid.MustParse(tenant)).SetKind(kind).SetPayload([]byte("sealed")).SetState("dead").
			SetAttempts(3).SetLastError("550 5.1.1").SetCreatedAt(at).SetAvailableAt(at).SetDoneAt(at).Exec(ctx)
	}))
	return id.String()
}

func TestDeadLetters_AreSeenTriedAgainAndGivenUp(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme, other := c.tenant(t, "acme"), c.tenant(t, "other")
		path := "/v1/tenants/" + acme + "/dead-letters"
		first, record, second := c.dead(t, acme, "mail"), c.dead(t, acme, "audit"), c.dead(t, acme, "mail")
		foreign := c.dead(t, other, "mail")
		ids := func(query string) []string {
			ids := []string{}
			for _, l := range c.must(t, 200, "GET", path+query, "").get("dead_letters").([]any) {
				ids = append(ids, l.(map[string]any)["id"].(string))
			}
			return ids
		}
		state := func(id string) (string, int) {
			row, err := c.store.Reader().Intent.Get(scope.With(t.Context(), scope.System("look at an intent")), uuid.MustParse(id))
			require.NoError(t, err)
			return row.State, len(row.Payload)
		}
		require.Equal(t, []string{second, record, first}, ids(""))
		require.Equal(t, []string{second, first}, ids("?kind=mail"))
		require.Equal(t, []string{second}, ids("?limit=1"))
		require.Equal(t, []string{record, first}, ids("?after="+second))
		shown := c.must(t, 200, "GET", path+"?limit=1", "")
		require.Contains(t, shown.Text, `"attempts":3`)
		require.Contains(t, shown.Text, "550 5.1.1")
		require.NotContains(t, shown.Text, "sealed")
		for _, query := range []string{"?limit=0", "?limit=1001", "?kind=letters", "?after=x"} {
			require.Equal(t, 400, c.do(t, "GET", path+query, "").Status, query)
		}

		rings := c.rings.Load()
		require.EqualValues(t, 0, c.must(t, 200, "POST", path+"/retry", `{"ids":["`+foreign+`"]}`).get("count"), "another tenant's")
		require.EqualValues(t, 1, c.must(t, 200, "POST", path+"/retry", `{"ids":["`+first+`"]}`).get("count"))
		require.Greater(t, c.rings.Load(), rings, "the worker is told")
		require.Equal(t, tenants.AuditDeadLettersRetried, c.lastRecord(t, uuid.MustParse(acme)).Type)
		is, size := state(first)
		require.Equal(t, "ready", is)
		require.NotZero(t, size)
		require.EqualValues(t, 1, c.must(t, 200, "POST", path+"/discard", `{"kind":"mail"}`).get("count"))
		is, size = state(second)
		require.Equal(t, "dropped", is)
		require.Zero(t, size, "what it contains is erased")
		discarded := c.lastRecord(t, uuid.MustParse(acme))
		require.Equal(t, tenants.AuditDeadLettersDiscarded, discarded.Type)
		require.EqualValues(t, 1, discarded.Details["count"])
		require.EqualValues(t, 1, c.must(t, 200, "POST", path+"/retry", `{}`).get("count"))
		require.Empty(t, ids(""))
		is, _ = state(foreign)
		require.Equal(t, "dead", is)
		c.do(t, "GET", "/v1/tenants/"+newID()+"/dead-letters", "").problem(t, 404, "tenant_not_found")
	})
}
