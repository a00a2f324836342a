package public_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestThirdPartyAttack_TokenOfAnotherFlow(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		// Mallory has an account of her own and wants the victim to be signed in to it: she gives her the address that she came back to.
		mallory, victim := shop.Begin(t, "login"), shop.Begin(t, "login")
		to := mallory.Through(t, "thirdparty_oauth", "google", testenv.PartyAccount{Subject: "mallory"})
		victim.LeaveFor(t, "thirdparty_oauth", "google")
		refusedToken(t, victim, to.Query().Get("hanko_token"), testenv.Verifier)
		unasked := shop.Token(t, federation.State{}, "google", testenv.PartyAccount{Subject: "mallory"})
		refusedToken(t, victim, unasked, testenv.Verifier)
		require.Equal(t, "success", mallory.Exchange(t, to).Name, "and it is still good in its own")
	})
}

func TestThirdPartyAttack_TokenOfAnotherTenant(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		bank := env.Tenant(t, "bank", social)
		there := bank.Begin(t, "login")
		there.LeaveFor(t, "thirdparty_oauth", "google")
		token := shop.Token(t, federation.State{FlowID: uuid.MustParse(there.ID())}, "google", kimAtGoogle())
		refusedToken(t, there, token, "")
	})
}

func TestThirdPartyAttack_TokenIsReplayed(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		f := shop.Begin(t, "login")
		to := f.Through(t, "thirdparty_oauth", "google", kimAtGoogle())
		before := f.State
		require.Equal(t, "success", f.Exchange(t, to).Name)
		href := before.Actions["exchange_token"].Href
		inputs := testenv.Inputs{"token": to.Query().Get("hanko_token"), "code_verifier": testenv.Verifier}
		require.Equal(t, "operation_not_permitted_error", f.Post(t, href, before.CSRFToken, inputs).Refusal())
		require.Equal(t, 1, shop.Count(t, "sessions"))
	})
}

func TestThirdPartyAttack_TokenIsUsedManyTimesAtOnce(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		f := shop.Begin(t, "login")
		to := f.Through(t, "thirdparty_oauth", "google", kimAtGoogle())
		inputs := testenv.Inputs{"token": to.Query().Get("hanko_token"), "code_verifier": testenv.Verifier}
		f.Client.Cookies = map[string]string{}
		var answers [6]testenv.State
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				own := *f
				own.Client = shop.Client()
				answers[i] = own.Post(t, f.State.Actions["exchange_token"].Href, f.State.CSRFToken, inputs)
			})
		}
		all.Wait()
		succeeded := 0
		for _, s := range answers {
			require.Contains(t, []int{200, 403}, s.Status, "%s", s.Response.Body)
			if s.Name == "success" {
				succeeded++
			}
		}
		require.Equal(t, 1, succeeded)
		require.Equal(t, 1, shop.Count(t, "sessions"))
	})
}

func TestThirdPartyAttack_TokenThatExpired(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		f := shop.Begin(t, "login")
		to := f.Through(t, "thirdparty_oauth", "google", kimAtGoogle())
		shop.ExpireTokens(t, time.Now())
		refusedToken(t, f, to.Query().Get("hanko_token"), testenv.Verifier)
		refusedToken(t, f, "nonsense", testenv.Verifier)
	})
}

func TestThirdPartyAttack_LinkTokenInALogin(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		f := shop.Begin(t, "login")
		f.LeaveFor(t, "thirdparty_oauth", "google")
		token := shop.Token(t, federation.State{FlowID: uuid.MustParse(f.ID()), UserID: kim.ID}, "google", kimAtGoogle())
		refusedToken(t, f, token, "")
	})
}

func TestThirdPartyAttack_LoginTokenInAProfile(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		c := shop.Client()
		kim.SignedIn(t, c, 0)
		f := c.Begin(t, "profile")
		f.LeaveFor(t, "connect_thirdparty_oauth_provider", "google")
		token := shop.Token(t, federation.State{FlowID: uuid.MustParse(f.ID())}, "google", kimAtGoogle())
		refusedToken(t, f, token, "")
	})
}

func TestThirdPartyAttack_LinkTokenOfAnotherUser(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		lee := shop.Person(t, testenv.NewPerson{Email: "lee@shop.example"})
		c := shop.Client()
		kim.SignedIn(t, c, 0)
		f := c.Begin(t, "profile")
		f.LeaveFor(t, "connect_thirdparty_oauth_provider", "google")
		token := shop.Token(t, federation.State{FlowID: uuid.MustParse(f.ID()), UserID: lee.ID}, "google", kimAtGoogle())
		before := stored(t, shop)
		s := f.Do(t, "exchange_token", testenv.Inputs{"token": token})
		require.Equal(t, http.StatusForbidden, s.Status)
		require.Equal(t, "operation_not_permitted_error", s.Refusal())
		require.Equal(t, "thirdparty", s.Name)
		require.Equal(t, before, stored(t, shop))
		require.NotContains(t, string(c.Get(t, "/me").Body), "identities")
	})
}

func TestThirdPartyAttack_TokenWithoutItsVerifier(t *testing.T) {
	t.Parallel()

	hostile(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		f := shop.Begin(t, "login")
		to := f.Through(t, "thirdparty_oauth", "google", kimAtGoogle())
		before := stored(t, shop)
		for _, wrong := range []string{"", "wrong"} {
			s := f.Do(t, "exchange_token", testenv.Inputs{"token": to.Query().Get("hanko_token"), "code_verifier": wrong})
			require.Equal(t, http.StatusBadRequest, s.Status)
			require.Equal(t, "form_data_invalid_error", s.Refusal())
			require.NotContains(t, s.Payload, "redirect_url", "it is shown on entry only")
		}
		require.Equal(t, before, stored(t, shop))
		require.Equal(t, "success", f.Exchange(t, to).Name, "the token survives")
	})
}
