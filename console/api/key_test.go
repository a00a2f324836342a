package api_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestAPIKey_IsShownOnceListedUsedAndRevoked(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := c.tenant(t, "acme")
		keys := "/v1/tenants/" + id + "/api-keys"
		made := c.must(t, 201, "POST", keys, `{"name":"billing","scopes":["users:read","users:read"],"expires_at":"2100-01-01T00:00:00Z"}`)
		plain := made.str("key")
		require.Regexp(t, `^lka_[0-9A-Za-z]{49}$`, plain)
		require.Equal(t, []any{"users:read"}, made.get("scopes"))
		require.Equal(t, "2100-01-01T00:00:00Z", made.str("expires_at"))
		require.Nil(t, made.get("last_used_at"))
		all := c.must(t, 201, "POST", keys, `{"name":"all"}`)
		require.Equal(t, []any{"*"}, all.get("scopes"))

		key, err := c.keys.Authenticate(t.Context(), plain)
		require.NoError(t, err)
		require.Equal(t, id, key.TenantID.String())
		require.True(t, key.Scopes.Allow("users:read"))
		require.False(t, key.Scopes.Allow("users:write"))

		require.NoError(t, c.keys.Flush(t.Context()))
		list := c.must(t, 200, "GET", keys, "")
		require.Len(t, list.get("api_keys"), 2)
		used := list.get("api_keys").([]any)[1].(map[string]any)
		require.NotNil(t, used["last_used_at"])
		require.NotContains(t, list.Text, plain)
		require.NotContains(t, dump(t, c), plain)

		c.must(t, 204, "DELETE", keys+"/"+made.str("id"), "")
		_, err = c.keys.Authenticate(t.Context(), plain)
		require.ErrorIs(t, err, tenants.ErrBadToken)
		c.must(t, 204, "DELETE", keys+"/"+made.str("id"), "")
		_, err = c.keys.Authenticate(t.Context(), all.str("key"))
		require.NoError(t, err)
	})
}

func TestAPIKey_DoesNoMoreThanItsMaker(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	mine, other := c.tenant(t, "mine"), c.tenant(t, "other")
	token := func(scopes ...string) tenants.NewOperatorToken {
		return tenants.NewOperatorToken{NewToken: tenants.NewToken{Scopes: scopes}, Tenants: []uuid.UUID{uuid.MustParse(mine)}}
	}
	session := func(role operator.Role) []string {
		return []string{"Authorization", "", "Cookie", c.joinedAs(t, operator.Grant{Role: role})}
	}
	bearer := func(n tenants.NewOperatorToken) []string { return []string{"Authorization", c.operator(t, n)} }
	reader, all := bearer(token("keys:write", "users:read")), bearer(token("*"))
	for _, made := range []struct {
		by     []string
		body   string
		refuse bool
	}{
		{reader, `{"name": "x", "scopes": ["users:read"]}`, false},
		{reader, `{"name": "x", "scopes": ["users:*"]}`, true},
		{reader, `{"name": "x", "scopes": ["audit:read"]}`, true},
		{reader, `{"name": "x"}`, true},
		{all, `{"name": "x"}`, false},
		{all, `{"name": "x", "scopes": ["credentials:export"]}`, true},
		{bearer(token("*", "credentials:export")), `{"name": "x", "scopes": ["credentials:export"]}`, false},
		{session(operator.Admin), `{"name": "x"}`, false},
		{session(operator.Admin), `{"name": "x", "scopes": ["users:read", "credentials:export"]}`, true},
		{session(operator.Owner), `{"name": "x", "scopes": ["users:read", "credentials:export"]}`, false},
	} {
		a := c.do(t, "POST", "/v1/tenants/"+mine+"/api-keys", made.body, made.by...)
		if made.refuse {
			a.problem(t, 403, "scope_exceeded")
			continue
		}
		require.Equal(t, 201, a.Status, "%s: %s", made.body, a.Text)
	}
	require.Empty(t, c.must(t, 200, "GET", "/v1/tenants/"+other+"/api-keys", "").get("api_keys"))
}

func TestAPIKey_OfAnotherTenantIsNeitherSeenNorRevoked(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		a, b := c.tenant(t, "alpha"), c.tenant(t, "beta")
		made := c.must(t, 201, "POST", "/v1/tenants/"+a+"/api-keys", `{"name":"of alpha"}`)
		c.do(t, "DELETE", "/v1/tenants/"+b+"/api-keys/"+made.str("id"), "").problem(t, 404, "token_not_found")
		require.Empty(t, c.must(t, 200, "GET", "/v1/tenants/"+b+"/api-keys", "").get("api_keys"))
		key, err := c.keys.Authenticate(t.Context(), made.str("key"))
		require.NoError(t, err)
		require.Equal(t, a, key.TenantID.String())
	})
}

func TestAPIKey_RevocationReachesOtherReplicasWithinASecond(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := uuid.MustParse(c.tenant(t, "acme"))
		now := time.Now()
		replica := tenants.NewAPIKeys(c.store, nil, func() time.Time { return now })
		key, plain, err := c.keys.Create(t.Context(), tenants.ByCLI, nil, id, tenants.NewToken{Name: "x"})
		require.NoError(t, err)
		_, err = replica.Authenticate(t.Context(), plain)
		require.NoError(t, err)

		before := c.statements.Load()
		for range 100 {
			_, err = replica.Authenticate(t.Context(), plain)
			require.NoError(t, err)
		}
		require.Zero(t, c.statements.Load()-before, "a key used again asks nobody for a second")

		require.NoError(t, c.keys.Revoke(t.Context(), tenants.ByCLI, id, key.ID))
		now = now.Add(time.Second)
		_, err = replica.Authenticate(t.Context(), plain)
		require.ErrorIs(t, err, tenants.ErrBadToken)
	})
}

func TestAPIKey_ExpiresEvenWhileItIsRemembered(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	id := uuid.MustParse(c.tenant(t, "acme"))
	now := time.Now()
	keys := tenants.NewAPIKeys(c.store, nil, func() time.Time { return now })
	expires := now.Add(500 * time.Millisecond)
	_, plain, err := keys.Create(t.Context(), tenants.ByCLI, nil, id, tenants.NewToken{Name: "x", ExpiresAt: &expires})
	require.NoError(t, err)
	_, err = keys.Authenticate(t.Context(), plain)
	require.NoError(t, err)
	now = expires
	_, err = keys.Authenticate(t.Context(), plain)
	require.ErrorIs(t, err, tenants.ErrBadToken)
}

func TestAPIKey_MadeUpTokensDoNotReachTheDatabase(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		before := c.statements.Load()
		for _, plain := range []string{"", "lka_", "lko_x", "lka_" + long(49), "Bearer", "lka_\x00"} {
			_, err := c.keys.Authenticate(t.Context(), plain)
			require.ErrorIs(t, err, tenants.ErrBadToken)
		}
		require.Zero(t, c.statements.Load()-before)
	})
}

func TestSigningKey_IsRotatedThroughTheAPI(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		keys := "/v1/tenants/" + c.tenant(t, "acme") + "/signing-keys"
		first := c.must(t, 200, "GET", keys, "").get("signing_keys").([]any)
		require.Len(t, first, 1)
		require.Equal(t, "active", first[0].(map[string]any)["state"])
		require.Equal(t, "ES256", first[0].(map[string]any)["alg"])
		next := c.must(t, 201, "POST", keys, "")
		require.Equal(t, "published", next.str("state"))
		c.do(t, "POST", keys, "").problem(t, 409, "rotation_in_progress")
		require.Len(t, c.must(t, 200, "GET", keys, "").get("signing_keys"), 2)
	})
}

func TestSigningKeys_AreRotatedAtATimeAndTakenOutAtOnce(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme, other := c.tenant(t, "acme"), c.tenant(t, "other")
		keys := "/v1/tenants/" + acme + "/signing-keys"
		require.Nil(t, c.must(t, 200, "GET", keys, "").get("next_rotation_at"))
		c.must(t, 200, "PATCH", "/v1/tenants/"+acme+"/config", `{"signing":{"rotate_every":"720h"}}`)
		require.NotNil(t, c.must(t, 200, "GET", keys, "").get("next_rotation_at"))
		c.do(t, "POST", keys, `{"activate_at":"2020-01-01T00:00:00Z"}`).problem(t, 400, "activation_too_early")
		at := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
		require.Equal(t, at, c.must(t, 201, "POST", keys, `{"activate_at":"`+at+`"}`).str("activated_at"))

		first := c.must(t, 200, "GET", keys, "").get("signing_keys").([]any)[0].(map[string]any)["kid"].(string)
		c.do(t, "POST", "/v1/tenants/"+other+"/signing-keys/"+first+"/revoke", "").problem(t, 404, "key_not_found")
		after := c.must(t, 200, "POST", keys+"/"+first+"/revoke", "").get("signing_keys").([]any)
		require.Equal(t, "gone", after[0].(map[string]any)["state"])
		require.Equal(t, "active", after[1].(map[string]any)["state"])
	})
}
