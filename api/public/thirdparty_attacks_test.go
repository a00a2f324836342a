package public_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// withoutVerifier leaves the browser to be recognised by its cookie.
var withoutVerifier = testenv.Inputs{"code_verifier": ""}

// hostile runs an attack on every database. Whatever it tries must be refused with nothing stored; an attack that is seen at the callback is in
// the audit log.
func hostile(t *testing.T, attack func(t *testing.T, env *testenv.Env, shop *testenv.Tenant)) {
	t.Helper()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		attack(t, env, env.Tenant(t, "shop", social))
		require.Empty(t, env.Errors())
	}, testenv.WithThirdParties(), testenv.With("rate_limiter.enabled", "false"))
}

// stored is how much a tenant has of what a sign-in makes.
func stored(t *testing.T, shop *testenv.Tenant) (counts [5]int) {
	t.Helper()
	for i, what := range []string{"users", "emails", "identities", "tokens", "sessions"} {
		counts[i] = shop.Count(t, what)
	}
	return counts
}

// refusedBack checks that a callback ends at the page for errors, or at the page of the start, with a code and nothing stored.
func refusedBack(t *testing.T, c *testenv.Client, query url.Values, page, code string) {
	t.Helper()
	before := stored(t, c.Tenant)
	failures := len(c.Tenant.AuditSoFar(t, event.ThirdPartyFailed))
	to, r := c.ComeBack(t, query)
	require.Equal(t, code, to.Query().Get("error"))
	require.NotEmpty(t, to.Query().Get("error_description"))
	require.Empty(t, to.Query().Get("hanko_token"))
	require.True(t, strings.HasPrefix(to.String(), page+"?"), "%s", to)
	require.Nil(t, r.Cookie("hanko_thirdparty_state"), "the cookie stays")
	require.Equal(t, before, stored(t, c.Tenant))
	records := c.Tenant.AuditOf(t, event.ThirdPartyFailed, failures+1)
	last := records[len(records)-1]
	require.Contains(t, last.Error, code)
	require.Zero(t, last.Actor)
}

// refusedToken checks that a token opens nothing in a flow, which stays where it was.
func refusedToken(t *testing.T, f *testenv.Flow, token, verifier string) {
	t.Helper()
	before := stored(t, f.Client.Tenant)
	s := f.Do(t, "exchange_token", testenv.Inputs{"token": token, "code_verifier": verifier})
	require.Equal(t, http.StatusInternalServerError, s.Status, "%s", s.Response.Body)
	require.Equal(t, "technical_error", s.Refusal())
	require.Equal(t, "error", s.Name)
	require.Empty(t, s.Response.Header.Values("Set-Cookie"))
	after := stored(t, f.Client.Tenant)
	if after[3] < before[3] { // the worker cleaned up what had expired
		after[3] = before[3]
	}
	require.Equal(t, before, after)
	require.Equal(t, "thirdparty", f.State.Name)
}

const errorPage = "https://app.shop.example/error"

func TestThirdPartyAttack_RedirectToElsewhere(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		f := shop.Begin(t, "login")
		for _, page := range []string{
			"https://evil.example/start", "https://app.shop.example.evil.example/start", "http://app.shop.example/start", "//app.shop.example/start",
			"https://app.shop.example@evil.example/", "javascript:alert(1)", "/start", "https://app.shop.example:8443/start", "myapp://start",
			"https://app.shop.example\\@evil.example/start", testenv.AppPage + "?" + strings.Repeat("x", 4000),
		} {
			s := f.Do(t, "thirdparty_oauth", testenv.Inputs{"provider": "google", "redirect_to": page})
			require.Equal(t, http.StatusBadRequest, s.Status, page)
			require.Equal(t, "form_data_invalid_error", s.Refusal())
			require.Empty(t, s.InputErrors())
			require.Equal(t, "login_init", s.Name)
			require.Nil(t, s.Response.Cookie("hanko_thirdparty_state"))
		}
		s := f.Do(t, "thirdparty_oauth", testenv.Inputs{"provider": "facebook", "redirect_to": testenv.AppPage})
		require.Equal(t, map[string]string{"provider": "value_invalid_error"}, s.InputErrors())

		// Nor can the page hand the client a token or an error of somebody else's, and what it brings along stays.
		to := f.Through(t, "thirdparty_oauth", "google", kimAtGoogle(), testenv.Inputs{
			"redirect_to": testenv.AppPage + "?b=2&hanko_token=evil&%65rror=x&saml_hint=idp_initiated&a=1#here",
		})
		require.Len(t, to.Query()["hanko_token"], 1)
		require.NotEqual(t, "evil", to.Query().Get("hanko_token"))
		require.Regexp(t, `^https://app\.shop\.example/start\?b=2&a=1&hanko_token=[^&]+#here$`, to.String())
		require.Equal(t, "success", f.Exchange(t, to).Name)
	})
}

func TestThirdPartyAttack_PageThatIsNotAllowedAnyMore(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		f := shop.Begin(t, "login")
		query := env.Consent(t, f.LeaveFor(t, "thirdparty_oauth", "google"), kimAtGoogle())
		shop.Configure(t, `{"third_party": {"allowed_redirect_urls": ["https://elsewhere.example"]}}`)
		require.Eventually(t, func() bool {
			s := shop.Begin(t, "login").Do(t, "thirdparty_oauth", testenv.Inputs{"provider": "google", "redirect_to": testenv.AppPage})
			return s.Status == http.StatusBadRequest
		}, 30*time.Second, 20*time.Millisecond)
		refusedBack(t, f.Client, query, errorPage, "invalid_request")
	})
}

func TestThirdPartyAttack_AccountThatLooksLikeAnother(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		shop.SignInThrough(t, "google", testenv.PartyAccount{Subject: "kim", Email: "kim@shop.example", EmailVerified: true})
		shop.Person(t, testenv.NewPerson{Email: "ikea@shop.example"})
		for _, account := range []testenv.PartyAccount{
			{Subject: ""}, {Subject: "kim "}, {Subject: " kim"}, {Subject: "k\x00im"}, {Subject: strings.Repeat("x", 256)}, {Subject: "\xff"},
			{Subject: "other", Email: "\u212aim@shop.example", EmailVerified: true}, // the Kelvin sign is a k in lower case
			{Subject: "other", Email: "\u0130kea@shop.example", EmailVerified: true},
			{Subject: "other", Email: strings.Repeat("x", 256) + "@shop.example", EmailVerified: true},
			{Subject: "other", Email: "kim@shop.example\x00", EmailVerified: true},
		} {
			f := shop.Begin(t, "login")
			query := env.Consent(t, f.LeaveFor(t, "thirdparty_oauth", "google"), account)
			refusedBack(t, f.Client, query, testenv.AppPage, "invalid_request")
		}
		for _, other := range []string{"KIM", "Kim", "kím"} { // subjects are compared as they are
			before := shop.Count(t, "users")
			shop.SignInThrough(t, "google", testenv.PartyAccount{Subject: other})
			require.Equal(t, before+1, shop.Count(t, "users"))
		}
		before := shop.Count(t, "users")
		shop.SignInThrough(t, "custom_acme", testenv.PartyAccount{Subject: "kim"})
		require.Equal(t, before+1, shop.Count(t, "users"), "the same subject at another provider is somebody else")
	})
}

func TestThirdPartyAttack_BlockedPersonGetsNoSession(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		kim := shop.SignInThrough(t, "google", kimAtGoogle())
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			u, err := user.LoadIn(ctx, tx, kim.UserID)
			if err != nil {
				return err
			}
			return u.Block()(ctx, tx)
		}))
		before := shop.Count(t, "sessions")
		f := shop.Begin(t, "login")
		s := f.Exchange(t, f.Through(t, "thirdparty_oauth", "google", kimAtGoogle()))
		require.Equal(t, http.StatusForbidden, s.Status)
		require.Equal(t, "error", s.Name)
		require.Equal(t, before, shop.Count(t, "sessions"))
	})
}

func TestThirdPartyAttack_TokensAreLimited(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", social)
		f := shop.Begin(t, "login")
		f.LeaveFor(t, "thirdparty_oauth", "google")
		for range 3 {
			refusedToken(t, f, "guess", "")
		}
		s := f.Do(t, "exchange_token", testenv.Inputs{"token": "guess"})
		require.Equal(t, http.StatusTooManyRequests, s.Status)
		require.Equal(t, "rate_limit_exceeded", s.Refusal())
		require.Equal(t, "thirdparty", s.Name)
		require.Contains(t, s.Payload, "retry_after")
		require.NotEmpty(t, s.Response.Header.Get("Retry-After"))
	}, testenv.WithThirdParties())
}
