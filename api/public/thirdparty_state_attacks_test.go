package public_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestThirdPartyAttack_StateOfAnotherBrowser(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		mallory, victim := shop.Begin(t, "login"), shop.Begin(t, "login")
		query := env.Consent(t, mallory.LeaveFor(t, "thirdparty_oauth", "google", withoutVerifier), kimAtGoogle())
		refusedBack(t, shop.Client(), query, errorPage, "invalid_request")
		victim.LeaveFor(t, "thirdparty_oauth", "google", withoutVerifier) // she has a cookie, of another state
		refusedBack(t, victim.Client, query, errorPage, "invalid_request")
		to, _ := mallory.Client.ComeBack(t, query)
		require.NotEmpty(t, to.Query().Get("hanko_token"), "it is good in its own")
	})
}

func TestThirdPartyAttack_StateOfAnotherUser(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		mallory := shop.Person(t, testenv.NewPerson{Email: "mallory@shop.example"})
		begin := func(p *testenv.Person) *testenv.Flow {
			c := shop.Client()
			p.SignedIn(t, c, 0)
			return c.Begin(t, "profile")
		}
		ofKim, ofMallory := begin(kim), begin(mallory)
		const connect = "connect_thirdparty_oauth_provider"
		at := ofMallory.LeaveFor(t, connect, "google")
		ofKim.LeaveFor(t, connect, "google")
		// Kim comes back with the state that mallory got: the account waits for mallory, and kim's flow does not take the token.
		to, _ := ofKim.Client.ComeBack(t, env.Consent(t, at, kimAtGoogle()))
		refusedToken(t, ofKim, to.Query().Get("hanko_token"), testenv.Verifier)
		require.NotContains(t, string(ofKim.Client.Get(t, "/me").Body), "identities")
		require.NotContains(t, string(ofMallory.Client.Get(t, "/me").Body), "identities")
	})
}

func TestThirdPartyAttack_StateOfAnotherTenant(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		bank := env.Tenant(t, "bank", social)
		query := env.Consent(t, shop.Begin(t, "login").LeaveFor(t, "thirdparty_oauth", "google"), kimAtGoogle())
		refusedBack(t, bank.Client(), query, errorPage, "invalid_request")
	})
}

func TestThirdPartyAttack_StateOfAnotherProvider(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		f, other := shop.Begin(t, "login"), shop.Begin(t, "login")
		ofGoogle := f.LeaveFor(t, "thirdparty_oauth", "google")
		atAcme := env.Consent(t, other.LeaveFor(t, "thirdparty_oauth", "custom_acme"), testenv.PartyAccount{Subject: "g-kim"})
		atAcme.Set("state", ofGoogle.Query().Get("state"))
		refusedBack(t, f.Client, atAcme, testenv.AppPage, "invalid_request")
	})
}

func TestThirdPartyAttack_StateOfAnotherProtocol(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		state := federation.NewState("google", testenv.AppPage, uuid.New(), time.Now())
		state.CodeVerifier = testenv.Verifier
		refusedBack(t, shop.Client(), url.Values{"code": {"c"}, "state": {shop.State(t, state, federation.PurposeSAML)}}, errorPage, "invalid_request")
	})
}

func TestThirdPartyAttack_StateThatExpiredOrWasChanged(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		late := federation.NewState("google", testenv.AppPage, uuid.New(), time.Now().Add(-federation.StateTTL))
		late.CodeVerifier = testenv.Verifier
		refusedBack(t, shop.Client(), url.Values{"code": {"c"}, "state": {shop.State(t, late, federation.PurposeOAuth)}}, errorPage, "invalid_request")

		query := env.Consent(t, shop.Begin(t, "login").LeaveFor(t, "thirdparty_oauth", "google"), kimAtGoogle())
		good := query.Get("state")
		for _, bad := range []string{"", "x", good[:len(good)-2] + "AA", good + "=", strings.ToUpper(good), good[:40]} {
			query.Set("state", bad)
			refusedBack(t, shop.Client(), query, errorPage, "invalid_request")
		}
	})
}

func TestThirdPartyAttack_StateAndCodeAreReplayed(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		f := shop.Begin(t, "login")
		query := env.Consent(t, f.LeaveFor(t, "thirdparty_oauth", "google"), kimAtGoogle())
		to, _ := f.Client.ComeBack(t, query)
		refusedBack(t, f.Client, query, testenv.AppPage, "invalid_request")
		require.Equal(t, "success", f.Exchange(t, to).Name)
		refusedBack(t, f.Client, query, testenv.AppPage, "invalid_request")
	})
}
