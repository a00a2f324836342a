package api_test

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// count counts things of a tenant.
func (c *console) count(t *testing.T, tenant string, day usage.Day, metric string, n int64) {
	t.Helper()
	id := uuid.MustParse(tenant)
	require.NoError(t, c.store.Do(t.Context(), scope.Tenant(id), func(ctx context.Context, tx *store.Tx) error {
		var tally usage.Tally
		tally.Add(day.Time(), metric, n)
		return tally.Save(ctx, tx, id)
	}))
}

func TestUsage_IsSeenByDayAndAsCSV(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme := c.tenant(t, "acme")
		day, err := usage.ParseDay("2026-10-30")
		require.NoError(t, err)
		c.count(t, acme, day-5, usage.ActivePeople, 3)
		c.count(t, acme, day, usage.ActivePeople, 2)
		c.count(t, acme, day+3, usage.ActivePeople, 4)
		c.count(t, acme, day, usage.SignIn("passkey", usage.Succeeded), 7)
		c.count(t, acme, day, usage.SignIn("password", usage.Failed), 1)
		c.count(t, acme, day, usage.MailsSent, 9)

		path := "/v1/tenants/" + acme + "/usage"
		got := c.must(t, 200, "GET", path+"?from=2026-10-30&to=2026-11-02", "")
		days := got.get("days").([]any)
		require.Len(t, days, 4)
		first, last := days[0].(map[string]any), days[3].(map[string]any)
		require.Equal(t, "2026-10-30", first["day"])
		require.EqualValues(t, 5, first["monthly_active_people"], "also those before the first day")
		require.EqualValues(t, 4, last["monthly_active_people"], "another month")
		require.EqualValues(t, 6, got.get("totals.active_people"))
		require.EqualValues(t, 7, got.get("totals.sign_ins.succeeded"))
		require.Contains(t, got.Text, `{"method":"password","succeeded":0,"failed":1}`)
		require.EqualValues(t, 9, got.get("totals.mails.sent"))
		for _, query := range []string{"?from=x", "?from=2026-13-01", "?from=2026-11-02&to=2026-11-01", "?from=2020-01-01&to=2026-11-01", "?to=99999-01-01"} {
			require.Equal(t, 400, c.do(t, "GET", path+query, "").Status, query)
		}
		require.Len(t, c.must(t, 200, "GET", path, "").get("days"), 30)

		sheet := c.must(t, 200, "GET", path+".csv?from=2026-10-30&to=2026-11-02", "")
		require.Contains(t, sheet.Header.Get("Content-Type"), "text/csv")
		rows, err := csv.NewReader(strings.NewReader(sheet.Text)).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 5)
		require.Equal(t, "2026-10-30", rows[1][0])
		require.Contains(t, rows[0], "sign_ins_passkey_succeeded")
	})
}

func TestUsage_OfAllTenantsIsListedByTheirPeople(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		small, large, other := c.tenant(t, "small"), c.tenant(t, "large"), c.tenant(t, "other")
		c.tenant(t, "quiet")
		day := usage.Today().Month().First()
		c.count(t, small, day, usage.ActivePeople, 1)
		c.count(t, large, day, usage.ActivePeople, 5)
		c.count(t, other, day, usage.SignIn("passkey", usage.Succeeded), 2)
		slugs := func(a answer) (slugs []string) {
			for _, one := range a.get("tenants").([]any) {
				slugs = append(slugs, one.(map[string]any)["slug"].(string))
			}
			return slugs
		}
		page := c.must(t, 200, "GET", "/v1/usage?limit=2", "")
		require.Equal(t, []string{"large", "small"}, slugs(page))
		page = c.must(t, 200, "GET", "/v1/usage?limit=2&after="+page.str("next"), "")
		require.Equal(t, []string{"other"}, slugs(page))
		require.Empty(t, page.str("next"))
		require.Contains(t, page.Text, `"succeeded":2`)
		require.Len(t, slugs(c.must(t, 200, "GET", "/v1/usage?sort=tenant", "")), 3)
		require.Empty(t, slugs(c.must(t, 200, "GET", "/v1/usage?month=2020-01", "")))
		for _, query := range []string{"?month=2026-13", "?month=x", "?after=x", "?limit=0", "?sort=name"} {
			require.Equal(t, 400, c.do(t, "GET", "/v1/usage"+query, "").Status, query)
		}
		require.Contains(t, c.must(t, 200, "GET", "/v1/usage.csv", "").Text, "large")

		confined := c.operator(t, tenants.NewOperatorToken{Tenants: []uuid.UUID{uuid.MustParse(small)}})
		require.Equal(t, []string{"small"}, slugs(c.must(t, 200, "GET", "/v1/usage", "", "Authorization", confined)))
		require.NotContains(t, c.must(t, 200, "GET", "/v1/usage.csv", "", "Authorization", confined).Text, "large")
	})
}
