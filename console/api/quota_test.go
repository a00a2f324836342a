package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// quotaOf is how the tenant does with a quota.
func quotaOf(t *testing.T, a answer, name string) map[string]any {
	t.Helper()
	for _, one := range a.get("quotas").([]any) {
		if q := one.(map[string]any); q["quota"] == name {
			return q
		}
	}
	t.Fatalf("there is no quota %s", name)
	return nil
}

func TestQuotas_AreSetAndShownWithWhatIsUsed(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme := c.tenant(t, "acme")
		path := "/v1/tenants/" + acme + "/quotas"
		none := c.must(t, 200, "GET", path, "")
		require.Equal(t, `"1"`, none.Header.Get("ETag"))
		require.Len(t, none.get("quotas"), 6)
		require.EqualValues(t, 0, quotaOf(t, none, "users")["hard"])

		c.count(t, acme, usage.Today(), usage.MailsSent, 4)
		set := c.must(t, 200, "PUT", path, `{"quotas":{"mails_per_day":{"soft":2,"hard":9},"users":{}}}`, "If-Match", `"1"`)
		require.Equal(t, `"2"`, set.Header.Get("ETag"))
		mails := quotaOf(t, set, "mails_per_day")
		require.Equal(t, []any{2.0, 9.0, 4.0, true, false, usage.Today().String()},
			[]any{mails["soft"], mails["hard"], mails["used"], mails["own"], mails["over"], mails["period"]})
		require.NotEmpty(t, mails["until"])
		users := quotaOf(t, set, "users")
		require.Equal(t, []any{true, nil, ""}, []any{users["own"], users["until"], users["period"]})

		require.Equal(t, "version_mismatch", c.must(t, 412, "PUT", path, `{"quotas":{}}`, "If-Match", `"1"`).str("code"))
		require.Equal(t, `"2"`, c.must(t, 200, "PUT", path, `{"quotas":{"mails_per_day":{"soft":2,"hard":9},"users":{}}}`).Header.Get("ETag"), "nothing changed")
		for _, bad := range []string{
			`{"quotas":{"users":{"soft":5,"hard":4}}}`, `{"quotas":{"users":{"hard":-1}}}`, `{"quotas":{"people":{"hard":1}}}`, `{"quotas":{"users":{"hard":1.5}}}`, `{}`,
		} {
			require.Contains(t, []int{400, 422}, c.do(t, "PUT", path, bad).Status, bad)
		}
		require.Equal(t, 404, c.do(t, "GET", "/v1/tenants/"+uuid.NewString()+"/quotas", "").Status)
		require.Equal(t, "system_tenant", c.must(t, 409, "PUT", "/v1/tenants/"+tenants.SystemID.String()+"/quotas", `{"quotas":{}}`).str("code"))
	})
}

func TestQuotas_AreNotForATenantsOwnOperators(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme := c.tenant(t, "acme")
		own := c.operator(t, tenants.NewOperatorToken{Tenants: []uuid.UUID{uuid.MustParse(acme)}})
		path := "/v1/tenants/" + acme + "/quotas"
		c.must(t, 200, "GET", path, "", "Authorization", own)
		require.Equal(t, "confined_token", c.must(t, 403, "PUT", path, `{"quotas":{"users":{"hard":1000000}}}`, "Authorization", own).str("code"))
	})
}

func TestSystemTenant_HasWebhooksThroughItsConfiguration(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		path := "/v1/tenants/" + tenants.SystemID.String() + "/config"
		set := c.must(t, 200, "PATCH", path, `{"webhooks":{"enabled":true,"hooks":[{"callback":"https://ops.example/hooks","events":["tenant.quota"]}]}}`,
			"Content-Type", "application/merge-patch+json")
		require.Equal(t, true, set.get("config.webhooks.enabled"))
	})
}
