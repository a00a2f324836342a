package public_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// onlyOne runs an action in each of two profile flows at the same moment: exactly one of them succeeds, the other is refused.
func onlyOne(t *testing.T, actions map[*testenv.Flow]string, inputs func(f *testenv.Flow) testenv.Inputs) {
	t.Helper()
	type answer struct {
		action string
		testenv.State
	}
	answers := make(chan answer, len(actions))
	for f, action := range actions {
		go func() { answers <- answer{action, f.Do(t, action, inputs(f))} }()
	}
	succeeded := 0
	for range actions {
		a := <-answers
		require.Contains(t, []int{http.StatusOK, http.StatusForbidden}, a.Status, "%s: %s", a.action, a.Response.Body)
		if a.Status == http.StatusOK {
			succeeded++
		}
	}
	require.Equal(t, 1, succeeded, "one of the two is done")
}

func TestProfile_TwoDeletionsAtOnceLeaveAWayToBeFound(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"username": {"enabled": true}, "email": {"optional": true}}`)
		for i := range 5 {
			address := string(rune('a'+i)) + "@shop.example"
			kim := shop.Person(t, testenv.NewPerson{Email: address, Username: "kim" + string(rune('a'+i)), Password: testenv.Password})
			first, second := kim.SignedIn(t, shop.Client(), 0).Profile(t), kim.SignedIn(t, shop.Client(), 0).Profile(t)
			onlyOne(t, map[*testenv.Flow]string{first: "username_delete", second: "email_delete"}, func(f *testenv.Flow) testenv.Inputs {
				if f == first {
					return nil
				}
				return testenv.Inputs{"email_id": f.State.Actions["email_delete"].Inputs["email_id"].Allowed[0].Value}
			})
		}
		require.Empty(t, env.Errors())
	})
}

func TestProfile_ADeletedPersonIsRefusedByAllReplicas(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		other := env.Replica(t)
		shop := env.Tenant(t, "shop", `{"account": {"allow_deletion": true}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		session := kim.SignedIn(t, shop.Client(), 0)
		elsewhere := shop.On(other)
		require.True(t, elsewhere.Accepts(t, session.Token), "it is remembered there")

		require.Equal(t, "account_deleted", session.Profile(t).Do(t, "account_delete").Name)
		require.Empty(t, session.Client.Cookies, "the browser forgets the session")
		require.False(t, session.Valid(t))
		require.Eventually(t, func() bool { return !elsewhere.Accepts(t, session.Token) }, 30*time.Second, 20*time.Millisecond)
		require.Equal(t, http.StatusUnauthorized, elsewhere.Client().Bearer(session.Token).Send(t, http.MethodPost, "/profile", nil).Status)
		require.Empty(t, env.Errors())
		require.Empty(t, other.Errors())
	})
}

func TestProfile_ABadBearerFallsThroughToTheCookie(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	session := kim.SignedIn(t, shop.Client(), 0)
	require.Equal(t, "preflight", session.Client.Bearer("nonsense").Flow(t, "profile").State.Name)
	require.Equal(t, "preflight", shop.Client().Bearer(session.Token).Flow(t, "profile").State.Name)
	require.Equal(t, http.StatusUnauthorized, shop.Client().Bearer("nonsense").Flow(t, "profile").State.Status)
}

func TestProfile_AnotherTenantsSessionIsRefused(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop, club := env.Tenant(t, "shop"), env.Tenant(t, "club")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	session := kim.SignedIn(t, shop.Client(), 0)
	require.Equal(t, http.StatusUnauthorized, club.Client().Bearer(session.Token).Flow(t, "profile").State.Status)
}
