package public_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// social is a tenant with providers and without what else a sign-in may ask for.
const social = `{` + testenv.ThirdParty + `, "email": {"acquire_on_login": false, "acquire_on_registration": false}, "mfa": {"enabled": false}, "passkey": {"enabled": false}, ` + testenv.Webhook + `}`

func kimAtGoogle() testenv.PartyAccount {
	return testenv.PartyAccount{Subject: "g-kim", Email: "Kim@Shop.Example", EmailVerified: true, Name: "Kim", Picture: "https://pics.example/kim"}
}

func TestThirdParty_SignsUpAndThenIn(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", social)
		f := shop.Begin(t, "registration")
		at := f.LeaveFor(t, "thirdparty_oauth", "google")
		require.Equal(t, []string{"back", "exchange_token"}, f.State.Offers())
		cookie := f.State.Response.Cookie("hanko_thirdparty_state")
		require.Equal(t, at.Query().Get("state"), cookie.Value)
		require.Equal(t, 300, cookie.MaxAge)
		require.Equal(t, "/", cookie.Path)
		require.True(t, cookie.Secure && cookie.HttpOnly)
		require.Equal(t, http.SameSiteNoneMode, cookie.SameSite)

		to, answer := f.Client.ComeBack(t, env.Consent(t, at, kimAtGoogle()))
		require.Regexp(t, `^https://app\.shop\.example/start\?hanko_token=[\w-]{43}%3D$`, to.String())
		gone := answer.Cookie("hanko_thirdparty_state")
		require.Negative(t, gone.MaxAge)
		require.Equal(t, http.SameSiteLaxMode, gone.SameSite)

		s := f.Exchange(t, to)
		require.Equal(t, "success", s.Name, "%s", s.Response.Body)
		require.NotContains(t, s.Payload, "last_login")
		require.JSONEq(t, `["ext:google"]`, amr(t, s))
		require.Contains(t, string(s.Payload["user"]), `"provider":"Google"`)
		require.Contains(t, string(s.Payload["user"]), `"is_verified":true`)
		require.Contains(t, string(s.Payload["user"]), `"picture":"https://pics.example/kim"`)
		require.Equal(t, 1, shop.Count(t, "users"))
		require.Zero(t, shop.Count(t, "tokens"))

		again := shop.SignInThrough(t, "google", kimAtGoogle())
		require.JSONEq(t, `{"login_method": "third_party", "third_party_provider": "google"}`, string(again.Success.Payload["last_login"]))
		require.Equal(t, 1, shop.Count(t, "users"))
		require.Equal(t, 1, shop.Count(t, "identities"))

		shop.AuditOf(t, event.ThirdPartySignup, 1)
		require.Equal(t, "k*****@shop.example", shop.AuditOf(t, event.ThirdPartySignin, 1)[0].ActorEmail)
		shop.AuditOf(t, event.LoginSuccess, 1)
		shop.AuditOf(t, event.UserCreated, 0)
	}, testenv.WithThirdParties())
}

func TestThirdParty_WithoutAVerifierTheBrowserIsKnownByItsCookie(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", social)
		f := shop.Begin(t, "login")
		at := f.LeaveFor(t, "thirdparty_oauth", "google", testenv.Inputs{"code_verifier": ""})
		require.NotContains(t, at.Query(), "code_challenge")
		to, _ := f.Client.ComeBack(t, env.Consent(t, at, kimAtGoogle()))
		s := f.Do(t, "exchange_token", testenv.Inputs{"token": to.Query().Get("hanko_token")})
		require.Equal(t, "success", s.Name)
	}, testenv.WithThirdParties())
}

func TestThirdParty_CallbackByFormComesAgainWithAGet(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.WithThirdParties())
	shop := env.Tenant(t, "shop", social).ByPath()
	post := func(kind, path, body string) testenv.Response {
		return shop.Client().With("Content-Type", kind).Send(t, http.MethodPost, "/thirdparty/callback"+path, []byte(body))
	}
	const form = "application/x-www-form-urlencoded"
	r := post(form, "?iss=i", "state=s%26&code=c&user=%7B%7D")
	require.Equal(t, http.StatusSeeOther, r.Status)
	require.Equal(t, "/"+shop.ID.String()+"/thirdparty/callback?code=c&iss=i&state=s%26&user=%7B%7D", r.Header.Get("Location"))
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
	require.Equal(t, "no-referrer", r.Header.Get("Referrer-Policy"))
	require.Equal(t, http.StatusRequestEntityTooLarge, post(form, "", "state="+strings.Repeat("s", 70<<10)).Status)
	require.Equal(t, http.StatusBadRequest, post("application/json", "", "{}").Status)
	require.Equal(t, http.StatusBadRequest, post(form, "", "state=%zz").Status)

	f := shop.Begin(t, "login")
	query := env.Consent(t, f.LeaveFor(t, "thirdparty_oauth", "google"), kimAtGoogle())
	r = post(form, "", query.Encode())
	require.Equal(t, http.StatusSeeOther, r.Status)
	again, err := url.Parse(r.Header.Get("Location"))
	require.NoError(t, err)
	to, _ := f.Client.ComeBack(t, again.Query())
	require.Equal(t, "success", f.Exchange(t, to).Name)
}

func TestThirdParty_RoutesOfOldAreGone(t *testing.T) {
	t.Parallel()

	shop := testenv.OnSQLite(t, testenv.WithThirdParties()).Tenant(t, "shop", social)
	require.Equal(t, http.StatusNotFound, shop.Client().Get(t, "/thirdparty/auth?provider=google&redirect_to="+testenv.AppPage).Status)
	require.Equal(t, http.StatusNotFound, shop.Client().PostJSON(t, "/token", map[string]string{"value": "x"}).Status)
	require.Equal(t, http.StatusNotFound, shop.Client().Send(t, http.MethodPut, "/thirdparty/callback", nil).Status)
}

// amr are the methods of the session that a flow opened.
func amr(t *testing.T, s testenv.State) string {
	t.Helper()
	return string(member[map[string]json.RawMessage](t, s, "claims")["amr"])
}
