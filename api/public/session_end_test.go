package public_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestSession_EndsWithItsLifespan(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"session": {"lifespan": "8s"}, `+passwords+`}`)
		session := newKim(t, shop).SignIn(t)
		require.True(t, session.Valid(t))
		require.Equal(t, "8", session.Success.Response.Header.Get("X-Session-Lifetime"))
		require.Eventually(t, func() bool { return !session.Valid(t) }, 30*time.Second, 50*time.Millisecond, "also where it is remembered")
		require.Equal(t, http.StatusUnauthorized, shop.Client().Bearer(session.Token).Get(t, "/me").Status)
		require.Equal(t, http.StatusUnauthorized, session.Logout(t).Status)
		require.Equal(t, map[string]any{"is_valid": false}, session.Validate(t))
	})
}

func TestSession_EndsWhenIdle(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"session": {"idle_timeout": "8s"}, `+passwords+`, `+testenv.Webhook+`}`)
		kim := newKim(t, shop)
		looked, used := kim.SignIn(t), kim.SignIn(t)

		// Looking tells when it will end, and does not put that off; using does.
		before := idleExpiry(t, used.Validate(t))
		var answer map[string]any
		shop.Client().Bearer(used.Token).Get(t, "/sessions/validate").JSON(t, &answer)
		require.Equal(t, before, idleExpiry(t, answer))
		require.WithinDuration(t, time.Now().Add(8*time.Second), before, 7*time.Second)

		var last testenv.Response
		require.Eventually(t, func() bool {
			require.Equal(t, true, used.Validate(t)["is_valid"], "it is used again and again")
			last = shop.Client().Bearer(looked.Token).Get(t, "/sessions/validate")
			return string(last.Body) == `{"is_valid":false}`
		}, 30*time.Second, 100*time.Millisecond)
		require.Equal(t, []string{deleteCookie}, last.Header.Values("Set-Cookie"), "the browser forgets it")
		require.Equal(t, 1, shop.Count(t, "sessions"))
		require.True(t, idleExpiry(t, used.Validate(t)).After(before))
		require.Equal(t, 1, count(names(shop.Events(t)), "session.delete.passive.expire"))
		require.False(t, looked.Valid(t))

		require.Eventually(t, func() bool { // not used any more
			last = shop.Client().Bearer(used.Token).Get(t, "/me")
			return last.Status == http.StatusUnauthorized
		}, 30*time.Second, 8500*time.Millisecond)
		require.Equal(t, []string{deleteCookie}, last.Header.Values("Set-Cookie"))
		require.JSONEq(t, `{"code":401,"message":"Unauthorized"}`, string(last.Body))
		require.Equal(t, 2, count(names(shop.Events(t)), "session.delete.passive.expire"))
		require.Empty(t, env.Errors())
	})
}

func idleExpiry(t *testing.T, answer map[string]any) time.Time {
	t.Helper()
	text, ok := answer["idle_expires_at"].(string)
	require.True(t, ok, "%v", answer)
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return at
}

func count(list []string, what string) int {
	n := 0
	for _, one := range list {
		if one == what {
			n++
		}
	}
	return n
}
