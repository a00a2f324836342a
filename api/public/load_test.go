package public_test

import (
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestLoad_SixtyFourSignInsAtOnceOnFewConnections(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{`+passwords+`}`)
		kim := newKim(t, shop)
		sessions := make(chan *testenv.Session, 64)
		var all sync.WaitGroup
		for range cap(sessions) {
			all.Go(func() { sessions <- signInPatiently(t, kim) })
		}
		all.Wait()
		close(sessions)
		opened := 0
		for s := range sessions {
			require.NotNil(t, s)
			opened++
		}
		require.Equal(t, 64, opened)
		require.Equal(t, 5, shop.Count(t, "sessions"), "the limit")
		require.Empty(t, env.Errors())
	}, testenv.WithPool("5"), testenv.With("rate_limiter.enabled", "false"))
}

// signInPatiently signs in and does as it is told where too many passwords are being checked: on a slow machine, or one that looks for races,
// 64 take longer than anybody waits in line.
func signInPatiently(t *testing.T, p *testenv.Person) *testenv.Session {
	f := p.Tenant.Begin(t, "login")
	f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": p.Email})
	for range 20 {
		got := f.Do(t, "password_login", testenv.Inputs{"password": p.Password})
		if got.Name == "success" {
			return f.OpenSession(t)
		}
		wait, err := strconv.Atoi(got.Response.Header.Get("Retry-After"))
		if got.Status != 503 || err != nil {
			t.Errorf("sign in: %s", got.Response.Body)
			return nil
		}
		<-time.After(time.Duration(wait) * time.Second)
	}
	return nil
}

func TestLoad_AMailHostThatNeverAnswersSlowsNobody(t *testing.T) {
	t.Parallel()

	for _, dialect := range testdb.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			host := newDeafHost(t)
			env := testenv.New(t, dialect, testenv.WithSMTP(), testenv.With("rate_limiter.enabled", "false"),
				testenv.With("default_email_delivery.enabled", "true"),
				testenv.With("default_email_delivery.from_address", "noreply@latchkeep.test"),
				testenv.With("default_email_delivery.smtp.host", "127.0.0.1"),
				testenv.With("default_email_delivery.smtp.port", host.port))
			defer host.leave() // or the program would wait for it when it ends
			shop := env.Tenant(t, "shop", `{"password": {"enabled": false}, "mfa": {"enabled": false}}`)
			kim := newKim(t, shop)
			var slowest time.Duration
			for range 12 {
				f := shop.Begin(t, "login")
				before := time.Now()
				require.Equal(t, "passcode_confirmation", f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email}).Name)
				require.Equal(t, "passcode_confirmation", f.Do(t, "resend_passcode").Name)
				slowest = max(slowest, time.Since(before))
			}
			require.Less(t, slowest, 20*time.Second, "no mail is waited for: sending one would take half a minute")
			require.Eventually(t, host.called, 30*time.Second, 10*time.Millisecond, "they are being sent all the while")
			require.Equal(t, 200, shop.Client().Get(t, "/sessions/validate").Status)
			require.Empty(t, env.Errors())
		})
	}
}

// A deafHost accepts connections and never says a word.
type deafHost struct {
	listener net.Listener
	port     string

	mu   sync.Mutex
	held []net.Conn
	all  int
}

func newDeafHost(t *testing.T) *deafHost {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h := &deafHost{listener: l}
	_, h.port, err = net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.held = append(h.held, c)
			h.all++
			h.mu.Unlock()
		}
	}()
	t.Cleanup(h.leave)
	return h
}

func (h *deafHost) called() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all > 0
}

// leave hangs up, and answers no further call.
func (h *deafHost) leave() {
	h.listener.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.held {
		c.Close()
	}
	h.held = nil
}
