package hostile_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A flood of sign-ins by password at one tenant is more than can be hashed: those that wait too long, or find no place to wait, are told to come back
// later. A person of another tenant signs in meanwhile, and whatever hashes nothing is answered.
func TestFlood_OfPasswordsIsTurnedAwayAndOthersSignIn(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.With("rate_limiter.enabled", "false"))
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
	sam := bank.Person(t, testenv.NewPerson{Email: "sam@bank.example", Password: testenv.Password})
	const flood = 600
	flows := make([]*testenv.Flow, flood)
	for i := range flows {
		flows[i] = shop.Begin(t, "login")
		flows[i].Do(t, "continue_with_login_identifier", testenv.Inputs{"email": "kim@shop.example"})
		flows[i].Do(t, "continue_to_password_login")
	}
	var all sync.WaitGroup
	answers := make([]testenv.Response, flood)
	for i, f := range flows {
		all.Go(func() {
			answers[i] = f.Client.PostJSON(t, f.State.Actions["password_login"].Href, map[string]any{
				"csrf_token": f.State.CSRFToken, "input_data": map[string]any{"password": "a wrong password"},
			})
		})
	}
	began := time.Now()
	require.Equal(t, http.StatusOK, bank.Client().Get(t, "/.well-known/jwks.json").Status)
	require.Equal(t, http.StatusOK, shop.Client().Get(t, "/.well-known/jwks.json").Status)
	require.NotEmpty(t, sam.SignIn(t).Token, "another tenant's person signs in")
	t.Logf("she signed in after %s", time.Since(began))
	all.Wait()

	busy := 0
	for _, r := range answers {
		if r.Status != http.StatusServiceUnavailable {
			require.Equal(t, http.StatusBadRequest, r.Status, "%s", r.Body)
			continue
		}
		busy++
		after, err := strconv.Atoi(r.Header.Get("Retry-After"))
		require.NoError(t, err, "it says when to come back")
		require.Positive(t, after)
		s := testenv.ReadState(t, r)
		require.Equal(t, "error", s.Name)
		require.Equal(t, "technical_error", s.Refusal())
	}
	require.Positive(t, busy, "there is a bound")
}
