package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/domains"
)

// domain makes a host a tenant's.
func (c *console) domain(tb testing.TB, tenant uuid.UUID, host string) domains.Domain {
	tb.Helper()
	d, err := c.domains.Add(tb.Context(), tenants.ByCLI, tenant, host)
	require.NoError(tb, err)
	c.dns.Text(d.RecordName, d.RecordValue)
	d, err = c.domains.Check(tb.Context(), tenants.ByCLI, tenant, d.ID)
	require.NoError(tb, err)
	require.Equal(tb, domains.Verified, d.Status, d.Problem)
	return d
}

func TestDomains_AreAddedProvenUsedAndRemoved(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		path := "/v1/tenants/" + c.tenant(t, "shop")
		added := c.must(t, 201, "POST", path+"/domains", `{"host":"Login.Shop.Example"}`)
		require.Equal(t, "login.shop.example", added.str("host"))
		require.Equal(t, "pending", added.str("status"))
		require.Equal(t, "TXT", added.str("record.type"))
		require.Nil(t, added.get("verified_at"))
		one := path + "/domains/" + added.str("id")

		checked := c.must(t, 200, "POST", one+"/check", "")
		require.Contains(t, checked.str("problem"), "there is no TXT record")
		c.do(t, "POST", one+"/primary", "").problem(t, 409, "domain_not_verified")
		c.dns.Text(added.str("record.name"), added.str("record.value"))
		checked = c.must(t, 200, "POST", one+"/check", "")
		require.Equal(t, "verified", checked.str("status"))
		require.Empty(t, checked.str("problem"))

		require.Equal(t, true, c.must(t, 200, "POST", one+"/primary", "").get("primary"))
		require.Equal(t, "http://login.shop.example:8000", c.must(t, 200, "GET", path, "").str("public_url"))
		c.do(t, "DELETE", one, "").problem(t, 409, "domain_is_primary")
		c.must(t, 200, "PATCH", path+"/config", `{"service":{"primary_domain":null}}`)
		require.Equal(t, "http://shop.localhost:8000", c.must(t, 200, "GET", path, "").str("public_url"))
		require.Contains(t, c.must(t, 200, "GET", path+"/domains", "").Text, "login.shop.example")
		c.must(t, 204, "DELETE", one, "")
		require.Contains(t, c.must(t, 200, "GET", path+"/domains", "").Text, `"domains":[]`)
		c.do(t, "POST", one+"/check", "").problem(t, 404, "domain_not_found")
		c.do(t, "POST", path+"/domains", `{"host":"shop.localhost"}`).problem(t, 400, "invalid_domain")
	})
}
