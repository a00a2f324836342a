package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
)

func TestCompatible_TenantRoundTrip(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := newID() // version 4: any is accepted
		made := c.must(t, 201, "POST", "/tenants", `{"id":"`+id+`","config":{"service":{"name":"Shop"},"unknown":1},"more":true}`)
		require.ElementsMatch(t, []string{"id", "config", "created_at", "updated_at"}, keys(made.JSON))
		require.Equal(t, id, made.str("id"))
		require.Equal(t, "Shop", made.str("config.service.name"))
		require.EqualValues(t, 720*time.Hour, made.get("config.mfa.device_trust_duration"), "nanoseconds")
		require.Equal(t, "localhost", made.str("config.webauthn.relying_party.id"), "plain defaults")

		tenant, err := c.registry.ByID(t.Context(), uuid.MustParse(id))
		require.NoError(t, err)
		require.Equal(t, id, tenant.Slug)
		require.Equal(t, "http://localhost:8000/"+id, tenant.PublicURL)
		key, err := tenant.Keys.Signer(time.Now())
		require.NoError(t, err)
		require.EqualValues(t, "RS256", key.Alg())

		require.JSONEq(t, made.Text, c.must(t, 200, "GET", "/tenants/"+id, "").Text)
		put := c.must(t, 200, "PUT", "/tenants/"+id, `{"config":{"session":{"limit":9}}}`)
		require.NotEqual(t, "Shop", put.str("config.service.name"), "what is not sent is default again")
		require.EqualValues(t, 9, put.get("config.session.limit"))
		tenant, err = c.registry.ByID(t.Context(), uuid.MustParse(id))
		require.NoError(t, err)
		require.EqualValues(t, 9, tenant.Config.Session.Limit)

		require.EqualValues(t, 9, c.must(t, 200, "GET", "/v1/tenants/"+id+"/config", "").get("session.limit"), "one tenant, two APIs")
		require.Empty(t, c.must(t, 204, "DELETE", "/tenants/"+id, "").Text)
		for _, method := range []string{"GET", "DELETE"} {
			c.do(t, method, "/tenants/"+id, "").compatibleError(t, 404)
		}
		c.do(t, "PUT", "/tenants/"+id, `{"config":{}}`).compatibleError(t, 404)
		c.do(t, "POST", "/tenants", `{"id":"`+id+`","config":{}}`).compatibleError(t, 409)
		_, err = c.registry.ByID(t.Context(), uuid.MustParse(id))
		require.ErrorIs(t, err, tenants.ErrNotFound)
	})
}

func TestCompatible_NullAndEmptyConfigurationsAreTheDefaults(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	var configs []any
	for _, config := range []string{`null`, `{}`} {
		configs = append(configs, c.must(t, 201, "POST", "/tenants", `{"id":"`+newID()+`","config":`+config+`}`).get("config"))
	}
	require.Equal(t, configs[0], configs[1])
}

func TestCompatible_BadRequestsAreRefused(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	id := newID()
	c.must(t, 201, "POST", "/tenants", `{"id":"`+id+`","config":{}}`)
	for name, test := range map[string]struct {
		method, path, body string
		status             int
	}{
		"nil id":             {"POST", "/tenants", `{"id":"00000000-0000-0000-0000-000000000000","config":{}}`, 400},
		"no id":              {"POST", "/tenants", `{"config":{}}`, 400},
		"bad id":             {"POST", "/tenants", `{"id":"x","config":{}}`, 400},
		"id null":            {"POST", "/tenants", `{"id":null,"config":{}}`, 400},
		"no config":          {"POST", "/tenants", `{"id":"` + newID() + `"}`, 400},
		"config a list":      {"POST", "/tenants", `{"id":"` + newID() + `","config":[]}`, 400},
		"config a text":      {"POST", "/tenants", `{"id":"` + newID() + `","config":"{}"}`, 400},
		"config invalid":     {"POST", "/tenants", `{"id":"` + newID() + `","config":{"service":{"name":""}}}`, 400},
		"config mistyped":    {"POST", "/tenants", `{"id":"` + newID() + `","config":{"session":{"limit":"x"}}}`, 400},
		"id taken":           {"POST", "/tenants", `{"id":"` + id + `","config":{}}`, 409},
		"no JSON":            {"POST", "/tenants", `{`, 400},
		"no body":            {"POST", "/tenants", ``, 400},
		"put bad config":     {"PUT", "/tenants/" + id, `{"config":{"service":{"name":""}}}`, 400},
		"put no config":      {"PUT", "/tenants/" + id, `{}`, 400},
		"put bad id":         {"PUT", "/tenants/x", `{"config":{}}`, 400},
		"put unknown":        {"PUT", "/tenants/" + newID(), `{"config":{}}`, 404},
		"get bad id":         {"GET", "/tenants/x", ``, 400},
		"get unknown":        {"GET", "/tenants/" + newID(), ``, 404},
		"delete bad id":      {"DELETE", "/tenants/x", ``, 400},
		"delete unknown":     {"DELETE", "/tenants/" + newID(), ``, 404},
		"page no number":     {"GET", "/tenants?page=x", ``, 400},
		"per_page no number": {"GET", "/tenants?per_page=1.5", ``, 400},
		"unknown route":      {"GET", "/nothing", ``, 404},
		"unknown method":     {"PATCH", "/tenants/" + id, `{}`, 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := c.do(t, test.method, test.path, test.body)
			a.compatibleError(t, test.status)
			if strings.HasPrefix(name, "config") {
				require.Contains(t, a.str("message"), "invalid config:")
			}
		})
	}
	a := c.do(t, "POST", "/tenants", "id=1", "Content-Type", "application/x-www-form-urlencoded")
	a.compatibleError(t, 415)
}

func TestCompatible_ListIsPaged(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		var ids []string
		for range 5 {
			id := newID()
			ids = append(ids, id)
			c.must(t, 201, "POST", "/tenants", `{"id":"`+id+`","config":null}`)
		}
		link := func(page, perPage int, rel string) string {
			return fmt.Sprintf(`<%s/tenants?page=%d&per_page=%d>; rel="%s"`, c.url, page, perPage, rel)
		}
		for query, want := range map[string]struct {
			items int
			link  string
		}{
			"":                       {5, link(1, 20, "first")},
			"?page=0&per_page=0":     {5, link(1, 20, "first")},
			"?page=-3&per_page=-1":   {5, link(1, 20, "first")},
			"?per_page=2":            {2, link(3, 2, "last") + "," + link(2, 2, "next")},
			"?per_page=2&page=2":     {2, link(1, 2, "first") + "," + link(3, 2, "last") + "," + link(3, 2, "next") + "," + link(1, 2, "prev")},
			"?per_page=2&page=3":     {1, link(1, 2, "first") + "," + link(2, 2, "prev")},
			"?per_page=2&page=9":     {0, link(1, 2, "first") + "," + link(3, 2, "last") + "," + link(8, 2, "prev")},
			"?per_page=99999&page=1": {5, link(1, 1000, "first")},
		} {
			a := c.must(t, 200, "GET", "/tenants"+query, "")
			require.Equal(t, "5", a.Header.Get("X-Total-Count"), query)
			require.Equal(t, want.link, a.Header.Get("Link"), query)
			var list []map[string]any
			require.NoError(t, json.Unmarshal([]byte(a.Text), &list))
			require.Len(t, list, want.items, query)
			if query == "" {
				for i, one := range list {
					require.Equal(t, ids[4-i], one["id"], "newest first")
				}
			}
		}
	})
}

func TestList_OfV1IsPagedByPageAndByCursor(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		for i := range 5 {
			c.tenant(t, fmt.Sprintf("t-%d", i))
		}
		var seen []string
		path := "/v1/tenants?per_page=2"
		for {
			page := c.must(t, 200, "GET", path, "")
			for _, one := range page.get("tenants").([]any) {
				seen = append(seen, one.(map[string]any)["slug"].(string))
			}
			if page.str("next") == "" {
				break
			}
			path = "/v1/tenants?per_page=2&after=" + page.str("next")
		}
		require.Equal(t, []string{"t-4", "t-3", "t-2", "t-1", "t-0"}, seen)
		require.EqualValues(t, 5, c.must(t, 200, "GET", "/v1/tenants?page=2&per_page=2", "").get("total"))
		require.Len(t, c.must(t, 200, "GET", "/v1/tenants?slug=t-3", "").get("tenants"), 1)
		require.Empty(t, c.must(t, 200, "GET", "/v1/tenants?status=suspended", "").get("tenants"))
		require.NotContains(t, c.must(t, 200, "GET", "/v1/tenants", "").Text, `"config"`)
	})
}

func keys(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	return names
}
