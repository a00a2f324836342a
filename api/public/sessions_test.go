package public_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// passwords is a tenant where a password is all it takes.
const passwords = `"email": {"use_for_authentication": false}, "mfa": {"enabled": false}, "passkey": {"enabled": false}`

func newKim(t *testing.T, shop *testenv.Tenant) *testenv.Person {
	t.Helper()
	return shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Username: "kim", Password: testenv.Password})
}

func keys(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

const deleteCookie = "hanko=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"

func TestSession_IsTakenFromHeaderOrCookie(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{`+passwords+`}`)
	session := newKim(t, shop).SignIn(t)
	me := func(prepare func(c *testenv.Client) *testenv.Client) int {
		return prepare(shop.Client()).Get(t, "/me").Status
	}
	cookie := func(value string) func(c *testenv.Client) *testenv.Client {
		return func(c *testenv.Client) *testenv.Client { return c.With("Cookie", value) }
	}
	header := func(value string) func(c *testenv.Client) *testenv.Client {
		return func(c *testenv.Client) *testenv.Client { return c.With("Authorization", value) }
	}
	for what, ok := range map[string]func(c *testenv.Client) *testenv.Client{
		"bearer":                 header("Bearer " + session.Token),
		"bearer in other case":   header("bEARER " + session.Token),
		"cookie":                 cookie("hanko=" + session.Token),
		"cookie among others":    cookie("a=b; hanko=" + session.Token + "; c=d"),
		"second of two cookies":  cookie("hanko=old; hanko=" + session.Token),
		"cookie after bad token": func(c *testenv.Client) *testenv.Client { return cookie("hanko=" + session.Token)(c).Bearer("bad") },
		"second header": func(c *testenv.Client) *testenv.Client {
			c = c.Bearer("bad")
			c.Header.Add("Authorization", "Bearer "+session.Token)
			return c
		},
	} {
		require.Equal(t, http.StatusOK, me(ok), what)
	}
	for what, bad := range map[string]func(c *testenv.Client) *testenv.Client{
		"nothing":            func(c *testenv.Client) *testenv.Client { return c },
		"raw token":          header(session.Token),
		"basic":              header("Basic " + session.Token),
		"empty bearer":       header("Bearer "),
		"cookie of no name":  cookie("session=" + session.Token),
		"changed token":      header("Bearer " + session.Token[:len(session.Token)-6] + "AAAAAA"),
		"two tokens in one":  header("Bearer " + session.Token + " " + session.Token),
		"unsigned":           header("Bearer " + unsigned(session.Token)),
		"without signature":  header("Bearer " + session.Token[:strings.LastIndex(session.Token, ".")+1]),
		"very long nonsense": header("Bearer " + strings.Repeat("a.", 8000)),
	} {
		require.Equal(t, http.StatusUnauthorized, me(bad), what)
	}
	r := shop.Client().Get(t, "/me")
	require.JSONEq(t, `{"code":401,"message":"Unauthorized"}`, string(r.Body))
	require.Empty(t, env.Errors())
}

// unsigned is the token with the algorithm none (RFC 8725 §3.1).
func unsigned(token string) string {
	parts := strings.Split(token, ".")
	return "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + "."
}

func TestSession_ValidateTellsTheClaims(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{`+passwords+`}`)
		kim := newKim(t, shop)
		session := kim.SignIn(t)

		got := session.Validate(t)
		require.Equal(t, []string{"claims", "expiration_time", "is_valid", "user_id"}, keys(got))
		require.Equal(t, true, got["is_valid"])
		claims := got["claims"].(map[string]any)
		require.Equal(t, []string{"amr", "audience", "email", "expiration", "issued_at", "session_id", "subject", "username"}, keys(claims))
		require.Equal(t, kim.ID.String(), claims["subject"])
		require.Equal(t, session.ID.String(), claims["session_id"])
		require.Equal(t, map[string]any{"address": kim.Email, "is_primary": true, "is_verified": true}, claims["email"])
		require.Equal(t, []any{"pwd"}, claims["amr"])
		require.Equal(t, "kim", claims["username"])
		require.Equal(t, []any{"shop.latchkeep.test"}, claims["audience"])
		require.Equal(t, got["expiration_time"], claims["expiration"])
		require.Equal(t, got["user_id"], claims["subject"])
		for _, name := range []string{"expiration", "issued_at"} {
			at, err := time.Parse(time.RFC3339, claims[name].(string))
			require.NoError(t, err)
			require.Zero(t, at.Nanosecond(), "times of tokens are whole seconds")
			require.Equal(t, time.UTC, at.Location())
		}

		looked := shop.Client().Bearer(session.Token).Get(t, "/sessions/validate")
		posted := shop.Client().PostJSON(t, "/sessions/validate", map[string]string{"session_token": session.Token})
		require.JSONEq(t, string(looked.Body), string(posted.Body))
		require.Equal(t, "application/json", looked.Header.Get("Content-Type"))
		require.Equal(t, "no-store", looked.Header.Get("Cache-Control"))
		for _, none := range []testenv.Response{
			shop.Client().Get(t, "/sessions/validate"),
			shop.Client().Bearer("bad").Get(t, "/sessions/validate"),
			shop.Client().PostJSON(t, "/sessions/validate", map[string]string{"session_token": "bad"}),
		} {
			require.Equal(t, http.StatusOK, none.Status)
			require.Equal(t, `{"is_valid":false}`, string(none.Body))
		}
	})
}

func TestSession_ValidateRefusesMalformedBodies(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	for what, b := range map[string]bad{
		"no token":      {body: `{}`},
		"empty token":   {body: `{"session_token":""}`},
		"null":          {body: `{"session_token":null}`},
		"a number":      {body: `{"session_token":1}`},
		"broken":        {body: `{"session_token":`},
		"a list":        {body: `[]`},
		"nothing":       {body: ``},
		"deep":          {body: strings.Repeat(`[`, 100000)},
		"another token": {body: `{"token":"x"}`},
	} {
		r := shop.Client().With("Content-Type", jsonType).Send(t, http.MethodPost, "/sessions/validate", []byte(b.body))
		require.Equal(t, http.StatusBadRequest, r.Status, "%s: %s", what, r.Body)
		require.Contains(t, string(r.Body), `"code":400`, what)
	}
	r := shop.Client().With("Content-Type", "text/plain").Send(t, http.MethodPost, "/sessions/validate", []byte(`{"session_token":"x"}`))
	require.Contains(t, []int{http.StatusBadRequest, http.StatusUnsupportedMediaType}, r.Status)
	r = shop.Client().With("Content-Type", jsonType).Send(t, http.MethodPost, "/sessions/validate", []byte(`{"session_token":"`+strings.Repeat("x", 4<<20)+`"}`))
	require.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, r.Status)
	// Members that nobody knows do no harm.
	r = shop.Client().With("Content-Type", jsonType).Send(t, http.MethodPost, "/sessions/validate", []byte(`{"session_token":"x","more":1}`))
	require.Equal(t, `{"is_valid":false}`, string(r.Body))
	require.Empty(t, env.Errors())
}

func TestSession_MeAndTheLegacyUserShowHerself(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{`+passwords+`}`)
		kim := newKim(t, shop)
		session := kim.SignIn(t)
		caller := shop.Client().Bearer(session.Token)

		var me, shown map[string]any
		caller.Get(t, "/me").JSON(t, &me)
		require.NoError(t, json.Unmarshal(session.Success.Payload["user"], &shown))
		require.Equal(t, shown, me, "the same person as when she signed in")
		require.Equal(t, []string{"created_at", "emails", "id", "mfa_config", "updated_at", "user_id", "username"}, keys(me))
		require.Equal(t, kim.ID.String(), me["id"])
		require.Equal(t, kim.ID.String(), me["user_id"])

		var legacy map[string]any
		caller.Get(t, "/users/"+kim.ID.String()).JSON(t, &legacy)
		require.Equal(t, "kim", legacy["username"])
		require.Equal(t, kim.Email, legacy["email"])
		require.Equal(t, me["emails"], legacy["emails"])
		require.Equal(t, http.StatusBadRequest, caller.Get(t, "/users/kim").Status)
		require.Equal(t, http.StatusForbidden, caller.Get(t, "/users/"+uuid.NewString()).Status)
		require.Equal(t, http.StatusUnauthorized, shop.Client().Get(t, "/users/"+kim.ID.String()).Status)
	})
}

func TestSession_LogoutEndsIt(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{`+passwords+`, `+testenv.Webhook+`}`)
		kim := newKim(t, shop)
		first, second := kim.SignIn(t), kim.SignIn(t)
		require.True(t, first.Valid(t))
		require.True(t, second.Valid(t))

		r := first.Client.Send(t, http.MethodPost, "/logout", []byte("whatever")) // by its cookie
		require.Equal(t, http.StatusNoContent, r.Status)
		require.Equal(t, []string{deleteCookie}, r.Header.Values("Set-Cookie"))
		require.Empty(t, r.Body)

		require.False(t, first.Valid(t), "at once")
		require.Equal(t, map[string]any{"is_valid": false}, first.Validate(t))
		require.Equal(t, http.StatusUnauthorized, shop.Client().Bearer(first.Token).Get(t, "/me").Status)
		require.Equal(t, http.StatusUnauthorized, first.Logout(t).Status, "a second time")
		require.True(t, second.Valid(t), "her other session goes on")
		require.Equal(t, 1, shop.Count(t, "sessions"))

		record := shop.AuditOf(t, "user_logged_out", 1)[0]
		require.Equal(t, kim.ID, record.Actor)
		require.NotEmpty(t, record.ActorEmail)
		events := shop.Events(t)
		last := events[len(events)-1]
		require.Equal(t, "session.delete.explicit.logout", last.Name)
		require.Equal(t, first.ID.String(), last.Data["id"])
		require.Equal(t, kim.ID.String(), last.Data["user_id"])
		require.Empty(t, env.Errors())
	})
}

func TestSession_LogoutAtOnceEndsItOnce(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{`+passwords+`, `+testenv.Webhook+`}`)
		session := newKim(t, shop).SignIn(t)
		statuses := make(chan int, 6)
		for range cap(statuses) {
			go func() { statuses <- session.Logout(t).Status }()
		}
		for range cap(statuses) {
			require.Contains(t, []int{http.StatusNoContent, http.StatusUnauthorized}, <-statuses)
		}
		require.False(t, session.Valid(t))
		ended := 0
		for _, e := range shop.Events(t) {
			if e.Name == "session.delete.explicit.logout" {
				ended++
			}
		}
		require.Equal(t, 1, ended)
		shop.AuditOf(t, "user_logged_out", 1)
		require.Empty(t, env.Errors())
	})
}
