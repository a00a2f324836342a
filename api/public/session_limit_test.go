package public_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func names(events []testenv.Event) []string {
	var list []string
	for _, e := range events {
		list = append(list, e.Name)
	}
	return list
}

func TestSession_TheOldestGivesWayBeyondTheLimit(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"session": {"limit": 2}, `+passwords+`, `+testenv.Webhook+`}`)
		kim := newKim(t, shop)
		first, second := kim.SignIn(t), kim.SignIn(t)
		require.True(t, first.Valid(t))
		require.True(t, second.Valid(t))

		third := kim.SignIn(t)
		require.False(t, first.Valid(t), "though it was remembered")
		require.True(t, second.Valid(t))
		require.True(t, third.Valid(t))
		events := shop.Events(t)
		require.Equal(t, []string{
			"session.create.flow", "user.login", "session.create.flow", "user.login",
			"session.delete.passive.limit", "session.create.flow", "user.login",
		}, names(events), "one session ends, then the other begins")
		require.Equal(t, first.ID.String(), events[4].Data["id"])

		// The limit is lowered: what is too much goes with the next sign-in.
		shop.Configure(t, `{"session": {"limit": 1}}`)
		fourth := kim.SignIn(t)
		for _, s := range []*testenv.Session{first, second, third} {
			require.False(t, s.Valid(t))
		}
		require.True(t, fourth.Valid(t))
		require.Equal(t, 1, shop.Count(t, "sessions"))
	})
}

func TestSession_TheLimitHoldsWhenSheSignsInManyTimesAtOnce(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"session": {"limit": 2}, `+passwords+`, `+testenv.Webhook+`}`)
		kim := newKim(t, shop)
		flows := make([]*testenv.Flow, 5)
		for i := range flows {
			flows[i] = shop.Begin(t, "login")
			flows[i].Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
		}
		sessions := make([]*testenv.Session, len(flows))
		var all sync.WaitGroup
		for i, f := range flows {
			all.Go(func() {
				s := f.Do(t, "password_login", testenv.Inputs{"password": kim.Password})
				for s.Status == http.StatusServiceUnavailable { // it waited too long for its turn to hash
					s = f.Do(t, "password_login", testenv.Inputs{"password": kim.Password})
				}
				if s.Name == "success" {
					sessions[i] = f.OpenSession(t)
				}
			})
		}
		all.Wait()
		require.NotContains(t, sessions, (*testenv.Session)(nil), "every sign-in succeeds")
		require.Equal(t, 2, shop.Count(t, "sessions"))
		valid := 0
		for _, s := range sessions {
			if s.Valid(t) {
				valid++
			}
		}
		require.Equal(t, 2, valid)
		ended := names(shop.Events(t))
		ended = slices.DeleteFunc(ended, func(n string) bool { return n != "session.delete.passive.limit" })
		require.Len(t, ended, 3)
		require.Empty(t, env.Errors())
	})
}
