package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// person makes a user of a tenant.
func (c *console) person(t *testing.T, tenant, name string) string {
	t.Helper()
	u := user.New(uuid.Must(uuid.NewV7()))
	u.SetUsername(name)
	u.AddEmail(name+"@shop.example", true)
	require.NoError(t, c.store.Do(t.Context(), scope.Tenant(uuid.MustParse(tenant)), func(ctx context.Context, tx *store.Tx) error {
		if err := user.Create(u)(ctx, tx); err != nil {
			return err
		}
		return u.SetUnsafeMetadata(`{"theme":"dark"}`)(ctx, tx)
	}))
	return u.ID.String()
}

func TestPreviewClaims_ShowsTheTokenThatAUserWouldGet(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme := c.tenant(t, "acme")
		c.must(t, 200, "PATCH", "/v1/tenants/"+acme+"/config",
			`{"session":{"issuer":"https://id.example","jwt_template":{"claims":{"name":"{{ .User.Username }}","nope":"{{ .User.Nope }}"}}}}`)
		kim := c.person(t, acme, "kim")
		path := "/v1/tenants/" + acme + "/preview-claims"

		configured := c.must(t, 200, "POST", path, `{"user_id":"`+kim+`"}`)
		require.Equal(t, "kim", configured.str("claims.name"))
		require.Equal(t, kim, configured.str("claims.sub"))
		require.Equal(t, "https://id.example", configured.str("claims.iss"))
		require.Equal(t, "kim@shop.example", configured.str("claims.email.address"))
		for _, name := range []string{"iat", "exp", "aud", "session_id", "username"} {
			require.NotNil(t, configured.get("claims."+name), name)
		}
		require.Len(t, configured.get("dropped"), 1)
		require.Equal(t, "nope", configured.get("dropped").([]any)[0].(map[string]any)["claim"])

		draft := c.must(t, 200, "POST", path, `{"user_id":"`+kim+`","claims":{
			"theme":"{{ .User.Metadata.Unsafe \"theme\" }}","big":12345678901234567890,"sub":"x","broken":"{{ .User","loop":"{{ range 1000000000 }}{{ end }}"}}`)
		require.Equal(t, "dark", draft.str("claims.theme"))
		require.Contains(t, draft.Text, `"big":12345678901234567890`)
		require.Nil(t, draft.get("claims.name"), "in place of what is configured")
		require.Equal(t, kim, draft.str("claims.sub"))
		var dropped []string
		for _, d := range draft.get("dropped").([]any) {
			dropped = append(dropped, d.(map[string]any)["claim"].(string))
			require.NotEmpty(t, d.(map[string]any)["reason"])
		}
		require.Equal(t, []string{"broken", "loop", "sub"}, dropped)

		empty := c.must(t, 200, "POST", path, `{"user_id":"`+kim+`","claims":{}}`)
		require.Nil(t, empty.get("claims.name"))
		require.Equal(t, []any{}, empty.get("dropped"))
		require.Equal(t, "kim", c.must(t, 200, "POST", path, `{"user_id":"`+kim+`","claims":null}`).str("claims.name"))
	})
}

func TestPreviewClaims_IsForTheTenantsOwnUsers(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme, other := c.tenant(t, "acme"), c.tenant(t, "other")
		kim := c.person(t, acme, "kim")
		c.do(t, "POST", "/v1/tenants/"+other+"/preview-claims", `{"user_id":"`+kim+`"}`).problem(t, 404, "user_not_found")
		c.do(t, "POST", "/v1/tenants/"+acme+"/preview-claims", `{"user_id":"`+newID()+`"}`).problem(t, 404, "user_not_found")
		require.Equal(t, 404, c.do(t, "POST", "/v1/tenants/"+newID()+"/preview-claims", `{"user_id":"`+kim+`"}`).Status)
		for _, body := range []string{`{}`, `{"user_id":"x"}`, `{"user_id":"` + kim + `","claims":[]}`, `{"user_id":"` + kim + `","claims":"x"}`, `[]`} {
			require.Equal(t, 400, c.do(t, "POST", "/v1/tenants/"+acme+"/preview-claims", body).Status, body)
		}

		confined := c.operator(t, tenants.NewOperatorToken{
			NewToken: tenants.NewToken{Scopes: []string{"tenants:read"}}, Tenants: []uuid.UUID{uuid.MustParse(other)},
		})
		c.do(t, "POST", "/v1/tenants/"+acme+"/preview-claims", `{"user_id":"`+kim+`"}`, "Authorization", confined).problem(t, 404, "tenant_not_found")
		keysOnly := c.operator(t, tenants.NewOperatorToken{NewToken: tenants.NewToken{Scopes: []string{"keys:read"}}})
		require.Equal(t, 403, c.do(t, "POST", "/v1/tenants/"+acme+"/preview-claims", `{"user_id":"`+kim+`"}`, "Authorization", keysOnly).Status)
	})
}

func TestConfig_WarnsOfClaimsThatCannotBeRendered(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	config := "/v1/tenants/" + c.tenant(t, "acme") + "/config"
	const template = `{"session":{"jwt_template":{"claims":{"ok":"{{ .User.Username }}","broken":"{{ .User","iss":"x"}}}}`
	for _, query := range []string{"?dry_run=true", ""} {
		a := c.must(t, 200, "PATCH", config+query, template)
		require.Contains(t, a.Text, `"path":"session.jwt_template.claims.broken"`)
		require.Contains(t, a.Text, `"path":"session.jwt_template.claims.iss"`)
		require.Len(t, a.get("warnings"), 2)
	}
	require.Equal(t, []any{}, c.must(t, 200, "PUT", config, strings.Replace(template, `"broken":"{{ .User","iss":"x"`, `"fine":1`, 1)).get("warnings"))
}
