package hostile_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// Whoever is slow is hung up on: with headers after 5 s, with a body after 15 s, with reading answers after 30 s. Meanwhile others are answered.
func TestSlow_WhoeverIsSlowIsHungUpOn(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	for _, server := range []string{"public", "admin", "console", "ops"} {
		address := listens(t, env, server)
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			begun := make([]*line, 40)
			for i := range begun {
				begun[i] = dial(t, address)
				begun[i].write("GET / HTTP/1.1\r\nHost: " + host + "\r\nX-A: ")
			}
			if server == "public" {
				require.Equal(t, http.StatusOK, shop.Client().Get(t, "/.well-known/jwks.json").Status)
			}
			for _, l := range begun {
				l.ended(t, 12*time.Second) // less than a whole request may take
			}
		})
	}
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		f := shop.Begin(t, "login")
		l := dial(t, listens(t, env, "public"))
		l.write("POST " + f.State.Actions["continue_with_login_identifier"].Href + " HTTP/1.1\r\nHost: " + host +
			"\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{")
		if r := l.answer(t); r != nil {
			require.Equal(t, http.StatusBadRequest, r.StatusCode)
		}
		l.ended(t, 30*time.Second)
	})
	t.Run("reader", func(t *testing.T) {
		t.Parallel()
		l := dial(t, listens(t, env, "public"))
		one := "GET /.well-known/jwks.json HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
		ended := make(chan struct{})
		go func() { // answers pile up until nobody takes them
			defer close(ended)
			for {
				if _, err := l.Write([]byte(strings.Repeat(one, 1000))); err != nil {
					return
				}
			}
		}()
		require.Eventually(t, func() bool {
			select {
			case <-ended:
				return true
			default:
				return false
			}
		}, 100*time.Second, 100*time.Millisecond, "whoever reads no answers is not kept for ever")
	})
}
