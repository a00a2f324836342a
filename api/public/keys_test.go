package public_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestKeys_AreCachedByTheirTag(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	r := shop.Client().Get(t, "/.well-known/jwks.json")
	require.Equal(t, http.StatusOK, r.Status)
	require.Equal(t, "max-age=600", r.Header.Get("Cache-Control"))
	require.Equal(t, "application/json", r.Header.Get("Content-Type"))
	tag := r.Header.Get("ETag")
	require.Regexp(t, `^"[^"]+"$`, tag)
	again := shop.ByPath().Client().Get(t, "/.well-known/jwks.json")
	require.Equal(t, r.Body, again.Body, "the same bytes each time")

	for header, status := range map[string]int{
		tag: 304, "W/" + tag: 304, `"other", ` + tag: 304, "*": 304,
		`"other"`: 200, strings.Trim(tag, `"`): 200, "": 200,
	} {
		got := shop.Client().With("If-None-Match", header).Get(t, "/.well-known/jwks.json")
		require.Equal(t, status, got.Status, header)
		require.Equal(t, tag, got.Header.Get("ETag"))
		require.Equal(t, "max-age=600", got.Header.Get("Cache-Control"))
		if status == http.StatusNotModified {
			require.Empty(t, got.Body)
		}
	}
}

func TestKeys_HoldNothingSecret(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	for _, shop := range []*testenv.Tenant{env.Tenant(t, "shop"), env.CompatibleTenant(t, "{}")} {
		var set struct {
			Keys []map[string]any `json:"keys"`
		}
		shop.Client().Get(t, "/.well-known/jwks.json").JSON(t, &set)
		require.Len(t, set.Keys, 1)
		for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth"} {
			require.NotContains(t, set.Keys[0], secret)
		}
		require.Equal(t, "sig", set.Keys[0]["use"])
		require.NotEmpty(t, set.Keys[0]["kid"])
	}
}

func TestToken_IsVerifiedByTheKeysAndHoldsWhatBackEndsExpect(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"session": {"issuer": "https://id.example", "audience": ["web", "api"], "lifespan": "1h"}, `+passwords+`}`)
		bank := env.CompatibleTenant(t, `{`+passwords+`}`)
		for _, c := range []struct {
			tenant   *testenv.Tenant
			alg      string
			claims   []string
			aud      []any
			lifetime float64
		}{
			{shop, "ES256", []string{"amr", "aud", "email", "exp", "iat", "iss", "session_id", "sub", "username"}, []any{"web", "api"}, 3600},
			{bank, "RS256", []string{"amr", "aud", "email", "exp", "iat", "session_id", "sub", "username"}, []any{"localhost"}, 43200},
		} {
			kim := newKim(t, c.tenant)
			before := time.Now().Truncate(time.Second)
			session := kim.SignIn(t)
			header, payload := decode(t, session.Token)
			require.Equal(t, []string{"alg", "kid", "typ"}, keys(header))
			require.Equal(t, c.alg, header["alg"])
			require.Equal(t, "JWT", header["typ"])
			require.Equal(t, c.claims, keys(payload))
			require.Equal(t, c.aud, payload["aud"])
			require.Equal(t, kim.ID.String(), payload["sub"])
			require.Equal(t, session.ID.String(), payload["session_id"])
			iat := time.Unix(int64(payload["iat"].(float64)), 0)
			require.WithinRange(t, iat, before, time.Now())
			require.InDelta(t, payload["iat"].(float64)+c.lifetime, payload["exp"], 0)

			var jwks struct {
				Keys []json.RawMessage `json:"keys"`
			}
			c.tenant.Client().Get(t, "/.well-known/jwks.json").JSON(t, &jwks)
			set, err := jose.NewSetFromPublic(jwks.Keys...)
			require.NoError(t, err)
			_, err = set.Verify(session.Token, time.Now(), jose.Validation{Type: "JWT"})
			require.NoError(t, err)
		}
	})
}

func decode(t *testing.T, token string) (header, payload map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	for i, into := range []*map[string]any{&header, &payload} {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(parts[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, into))
	}
	return header, payload
}

func TestToken_OfAPersonWithoutAddressOrName(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{`+passwords+`, "username": {"enabled": true, "acquire_on_login": false}}`)
	_, payload := decode(t, shop.Person(t, testenv.NewPerson{Email: "lee@shop.example", Password: testenv.Password}).SignIn(t).Token)
	require.NotContains(t, payload, "username")
	shop.Configure(t, `{"email": {"acquire_on_login": false}}`)
	_, payload = decode(t, shop.Person(t, testenv.NewPerson{Username: "lee", Password: testenv.Password}).SignIn(t).Token)
	require.NotContains(t, payload, "email")
	require.Equal(t, "lee", payload["username"])
}

func TestSuspendedTenant_RefusesEverybodyButShowsItsKeys(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{`+passwords+`}`)
	kim := newKim(t, shop)
	session := kim.SignIn(t)
	f := shop.Begin(t, "login")
	shop.SetStatus(t, tenants.StatusSuspended)

	require.Equal(t, http.StatusOK, shop.Client().Get(t, "/.well-known/jwks.json").Status)
	started := testenv.ReadState(t, shop.Client().Send(t, http.MethodPost, "/login", nil))
	require.Equal(t, 403, started.Status)
	require.Equal(t, "forbidden", started.Refusal())
	got := f.Post(t, f.Href("continue_with_login_identifier"), f.State.CSRFToken, testenv.Inputs{"email": kim.Email})
	require.Equal(t, "forbidden", got.Refusal())
	for _, path := range []string{"/me", "/sessions/validate", "/users/" + uuid.NewString()} {
		r := shop.Client().Bearer(session.Token).Get(t, path)
		require.Equal(t, http.StatusForbidden, r.Status, path)
		require.JSONEq(t, `{"code":403,"message":"Forbidden"}`, string(r.Body))
	}

	shop.SetStatus(t, tenants.StatusActive)
	require.True(t, session.Valid(t), "afterwards everything is as before")
	require.Equal(t, "login_password", f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email}).Name)
}
