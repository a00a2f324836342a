package public_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/jose"
)

// custom is a tenant with a template of claims.
func custom(claims string) string {
	return `{` + passwords + `, "session": {"enable_auth_token_header": true, "jwt_template": {"claims": ` + claims + `}}}`
}

func TestCustomClaims_AreInEveryTokenOfTheTenant(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", custom(`{
			"https://shop.example/claims": {"role": "{{ .User.Metadata.Public \"role\" }}", "seats": [1, "{{ .User.Username }}"]},
			"theme": "{{ .User.Metadata.Unsafe \"theme\" }}",
			"verified": "{{ .User.Email.IsVerified }}",
			"name": "{{ .User.Username }}", "fixed": 7, "nothing": null,
			"sub": "somebody else", "session_id": "x", "email": "x", "username": "x", "amr": ["root"], "exp": 1, "aud": "x", "iss": "x",
			"jti": "{{ .User.UserID }}", "nbf": 7,
			"secret": "{{ .User.Metadata.Private \"secret\" }}", "broken": "{{ .User", "missing": "{{ .User.Nope }}"
		}`))
		kim := newKim(t, shop)
		kim.Knows(t, `{"role": "admin"}`, `{"secret": "nobody may see this"}`, `{"theme": "dark"}`)
		session := kim.SignIn(t)

		want := map[string]any{
			"https://shop.example/claims": map[string]any{"role": "admin", "seats": []any{1.0, "kim"}},
			"theme":                       "dark", "verified": true, "name": "kim", "fixed": 7.0, "nothing": nil,
			"username": "kim", "amr": []any{"pwd"}, "session_id": session.ID.String(),
			"email": map[string]any{"address": kim.Email, "is_primary": true, "is_verified": true},
		}
		_, payload := decode(t, session.Token)
		for name, value := range want {
			require.Contains(t, payload, name)
			require.Equal(t, value, payload[name], name)
		}
		require.Equal(t, kim.ID.String(), payload["sub"])
		require.Equal(t, kim.ID.String(), payload["jti"])
		require.Equal(t, 7.0, payload["nbf"])
		require.Equal(t, []any{"shop.latchkeep.test"}, payload["aud"])
		for _, name := range []string{"secret", "broken", "missing", "iss"} {
			require.NotContains(t, payload, name)
		}
		verify(t, shop, session.Token)

		// The success state and both ways to validate show the same, under the names that clients know.
		var success map[string]any
		require.NoError(t, json.Unmarshal(session.Success.Payload["claims"], &success))
		var looked map[string]any
		shop.Client().Bearer(session.Token).Get(t, "/sessions/validate").JSON(t, &looked)
		for _, shown := range []map[string]any{success, session.Validate(t)["claims"].(map[string]any), looked["claims"].(map[string]any)} {
			for name, value := range want {
				require.Contains(t, shown, name)
				require.Equal(t, value, shown[name], name)
			}
			require.Equal(t, kim.ID.String(), shown["subject"])
			for _, name := range []string{"sub", "jti", "nbf", "secret", "broken", "missing", "issuer"} {
				require.NotContains(t, shown, name)
			}
		}

		// The log tells once what was left out, for as long as the configuration stays.
		kim.SignIn(t)
		require.Equal(t, 1, warnings(env, "claim=broken"))
		require.Equal(t, 1, warnings(env, "claim=missing"))
		require.Equal(t, 1, warnings(env, "claim=sub"))

		// Another tenant has none of this.
		_, payload = decode(t, newKim(t, env.Tenant(t, "bank", `{`+passwords+`}`)).SignIn(t).Token)
		require.Equal(t, []string{"amr", "aud", "email", "exp", "iat", "session_id", "sub", "username"}, keys(payload))

		// A change of the configuration counts from the next sign-in.
		shop.Configure(t, `{"session": {"jwt_template": {"claims": {"theme": "{{ .User.Name }}!"}}}}`)
		_, payload = decode(t, kim.SignIn(t).Token)
		require.Equal(t, "!", payload["theme"])
		require.Empty(t, env.Errors())
	})
}

func TestCustomClaims_AreInTheTokenOfARegistration(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", custom(`{"greeting": "hello {{ .User.Email.Address }}", "meta": "{{ if .User.Metadata }}yes{{ else }}no{{ end }}"}`))
		lee := shop.SignUp(t, "lee@shop.example", testenv.Password)
		_, payload := decode(t, lee.Session.Token)
		require.Equal(t, "hello lee@shop.example", payload["greeting"])
		require.Equal(t, "no", payload["meta"])
		verify(t, shop, lee.Session.Token)
	})
}

func TestCustomClaims_AreInTheTokenThatABackEndAsksFor(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", custom(`{"role": "{{ .User.Metadata.Public \"role\" }}", "address": "{{ .User.Email.Address }}", "amr": "root"}`))
		kim := newKim(t, shop)
		kim.Knows(t, `{"role": "admin"}`, "", "")
		var made struct {
			Token string `json:"session_token"`
		}
		shop.Admin(t).Do(t, http.MethodPost, "/sessions", map[string]any{"user_id": kim.ID}).JSON(t, &made)
		_, payload := decode(t, made.Token)
		require.Equal(t, "admin", payload["role"])
		require.Equal(t, kim.Email, payload["address"])
		require.NotContains(t, payload, "amr")
		verify(t, shop, made.Token)
	})
}

func TestCustomClaims_OfAHostileShapeKeepNobodyOut(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", custom(`{
		"ok": "fine",
		"deep": "`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`",
		"huge": "{{ printf \"%50000d\" 1 }}", "long": "`+strings.Repeat("x", 12000)+`", "loop": "{{ range 1000000000 }}{{ end }}",
		"control": "{{ printf \"%5000s\" \"\\u0001\" }}", "subject": "11111111-1111-4111-8111-111111111111", "issued_at": {"a": 1}, "": "no name", "a.b": "dots",
		"never": "{{ printf \"%c\" 65535 }}", "nbf": 9e99, "JTI": "x", "audience": 7
	}`))
	kim := newKim(t, shop)
	start := time.Now()
	session := kim.SignIn(t)
	require.Less(t, time.Since(start), 10*time.Second)
	require.Less(t, len(session.Token), 32<<10)
	verify(t, shop, session.Token)
	answer := session.Validate(t)
	require.Equal(t, true, answer["is_valid"])
	require.Equal(t, kim.ID.String(), answer["user_id"], "whatever a claim is called")
	claims := answer["claims"].(map[string]any)
	require.Equal(t, "fine", claims["ok"])
	require.Equal(t, "no name", claims[""])
	require.Equal(t, "dots", claims["a.b"])
	require.Equal(t, "\uffff", claims["never"], "one that goes too far harms no other")
	require.Equal(t, "11111111-1111-4111-8111-111111111111", claims["subject"], "as the configuration says")
	for _, name := range []string{"deep", "huge", "loop", "nbf"} {
		require.NotContains(t, claims, name)
	}
	require.Equal(t, http.StatusOK, shop.Client().Bearer(session.Token).Get(t, "/me").Status)
	require.Equal(t, http.StatusNoContent, session.Logout(t).Status)
	require.Empty(t, env.Errors())
}

func TestCustomClaims_ATokenTooLongForACookieIsTold(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{`+passwords+`, "session": {"jwt_template": {"claims": {"long": "`+strings.Repeat("x", 4000)+`"}}}}`)
	kim := newKim(t, shop)
	kim.SignIn(t)
	kim.SignIn(t)
	require.Equal(t, 1, warnings(env, "longer than a cookie may be"))
	shop.Configure(t, `{"session": {"enable_auth_token_header": true}}`)
	kim.SignIn(t)
	require.Equal(t, 1, warnings(env, "longer than a cookie may be"), "a header holds it")
}

func warnings(env *testenv.Env, what string) int {
	n := 0
	for _, line := range env.Log() {
		if strings.HasPrefix(line, "WARN") && strings.Contains(line, what) {
			n++
		}
	}
	return n
}

// verify checks a token as a back end does: with the tenant's published keys.
func verify(t *testing.T, shop *testenv.Tenant, token string) {
	t.Helper()
	var jwks struct {
		Keys []json.RawMessage `json:"keys"`
	}
	shop.Client().Get(t, "/.well-known/jwks.json").JSON(t, &jwks)
	set, err := jose.NewSetFromPublic(jwks.Keys...)
	require.NoError(t, err)
	_, err = set.Verify(token, time.Now(), jose.Validation{Type: "JWT"})
	require.NoError(t, err)
}
