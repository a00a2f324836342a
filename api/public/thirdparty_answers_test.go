package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestThirdParty_NewPersonWhoComesManyTimesAtOnceIsOne(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		var flows [6]*testenv.Flow
		var queries [6]url.Values
		for i := range flows {
			flows[i] = shop.Begin(t, "login")
			queries[i] = env.Consent(t, flows[i].LeaveFor(t, "thirdparty_oauth", "google"), kimAtGoogle())
		}
		var arrivals [6]*url.URL
		var all sync.WaitGroup
		for i := range flows {
			all.Go(func() { arrivals[i], _ = flows[i].Client.ComeBack(t, queries[i]) })
		}
		all.Wait()
		for i, f := range flows {
			require.Equal(t, "success", f.Exchange(t, arrivals[i]).Name)
		}
		require.Equal(t, 1, shop.Count(t, "users"))
		require.Equal(t, 1, shop.Count(t, "emails"))
		require.Equal(t, 1, shop.Count(t, "identities"))
		shop.AuditOf(t, event.ThirdPartySignup, 1)
		shop.AuditOf(t, event.ThirdPartySignin, 5)
	})
}

func TestThirdParty_AnswersOfProvidersArePassedOn(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		f := shop.Begin(t, "login")
		at := f.LeaveFor(t, "thirdparty_oauth", "google", testenv.Inputs{"redirect_to": testenv.AppPage + "?x=1"})
		state := at.Query().Get("state")
		to, _ := f.Client.ComeBack(t, url.Values{"state": {state}, "error": {"access_denied"}, "error_description": {"no & thanks"}})
		require.Equal(t, testenv.AppPage+"?x=1&error=access_denied&error_description=no+%26+thanks", to.String())
		to, _ = f.Client.ComeBack(t, url.Values{"state": {state}, "error": {"access_denied"}})
		require.Equal(t, testenv.AppPage+"?x=1&error=access_denied", to.String())
		records := shop.AuditOf(t, event.ThirdPartyFailed, 2)
		require.Equal(t, "access_denied: no & thanks", records[0].Error)
		for _, junk := range []string{"<b>\"", strings.Repeat("e", 200), "a\nb"} {
			to, _ = f.Client.ComeBack(t, url.Values{"state": {state}, "error": {junk}})
			require.Equal(t, "invalid_request", to.Query().Get("error"))
		}
		require.Equal(t, "login_init", f.Do(t, "back").Name)
	})
}

func TestThirdParty_WithoutAPageForErrorsThereIsNoRedirect(t *testing.T) {
	t.Parallel()

	shop := testenv.OnSQLite(t).Tenant(t, "shop")
	r := shop.Client().Get(t, "/thirdparty/callback?state=x&code=y")
	require.Equal(t, http.StatusBadRequest, r.Status)
	require.Empty(t, r.Header.Get("Location"), "a browser would go round in circles")
}

func TestThirdParty_OurOwnFaultIsToldToNobodyButTheLog(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", social)
		f := shop.Begin(t, "login")
		before := stored(t, shop)
		query := env.Consent(t, f.LeaveFor(t, "thirdparty_oauth", "google"), testenv.PartyAccount{Subject: "g-kim", Email: "this is no address"})
		to, _ := f.Client.ComeBack(t, query)
		require.Equal(t, testenv.AppPage+"?error=server_error&error_description=an+internal+error+has+occurred", to.String())
		require.Equal(t, before, stored(t, shop))
		require.Empty(t, shop.AuditSoFar(t, event.ThirdPartyFailed))
		require.NotEmpty(t, env.Errors(), "the program's log has it")
	}, testenv.WithThirdParties())
}

func TestThirdParty_TheCookieOfTheStateIsLikeThatOfTheSession(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.WithThirdParties())
	shop := env.Tenant(t, "shop", social)
	shop.Configure(t, `{"session": {"cookie": {"domain": ".shop.example", "http_only": false, "secure": false}}}`)
	f := shop.Begin(t, "login")
	at := f.LeaveFor(t, "thirdparty_oauth", "google")
	set := f.State.Response.Cookie("hanko_thirdparty_state")
	require.Equal(t, "shop.example", set.Domain)
	require.False(t, set.HttpOnly)
	require.True(t, set.Secure, "no browser takes it otherwise: it is for requests from other sites")
	_, answer := f.Client.ComeBack(t, env.Consent(t, at, kimAtGoogle()))
	gone := answer.Cookie("hanko_thirdparty_state")
	require.Equal(t, "shop.example", gone.Domain)
	require.Equal(t, "/", gone.Path)
	require.False(t, gone.Secure)
	require.Negative(t, gone.MaxAge)
}
