//go:build e2e

package e2e

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/totp"
)

// period is how long an authenticator app shows a code (RFC 6238 §5.2).
const period = 30 * time.Second

// An authenticatorApp makes codes of the secret that it was told. No code is good twice, and the server takes those before and after the
// current one, too: so hardly anybody needs to wait for the next.
type authenticatorApp struct {
	t      *testing.T
	secret string
	last   int64 // the step of the code that was shown last
}

// scan reads the secret from the page that sets up an app, once the picture is there.
func (p *person) scan() *authenticatorApp {
	p.t.Helper()
	a := &authenticatorApp{t: p.t}
	p.until("the secret of the app and its picture", call("secret"), func(raw json.RawMessage) bool {
		return json.Unmarshal(raw, &a.secret) == nil && totp.Valid(a.secret)
	})
	return a
}

// code is one that was not shown before. It begins with the oldest that is still good in some seconds. A person who needs more codes than are
// good at one time waits for the next, which is at most a period.
func (a *authenticatorApp) code() string {
	a.t.Helper()
	now := time.Now()
	a.last = max(a.last+1, totp.Step(now.Add(period/2))-1)
	if a.last > totp.Step(now)+1 {
		shown := time.Unix((a.last-1)*int64(period/time.Second), 0) // from then on the server takes it as the one after the current
		select {
		case <-time.After(time.Until(shown)):
		case <-a.t.Context().Done():
		}
	}
	return a.show()
}

// latest is the code that is good for longest, a minute at least: for one that is shown again later.
func (a *authenticatorApp) latest() string {
	a.t.Helper()
	a.last = totp.Step(time.Now()) + 1
	return a.show()
}

// show is the last code again.
func (a *authenticatorApp) show() string {
	a.t.Helper()
	code, err := totp.Code(a.secret, time.Unix(a.last*int64(period/time.Second), 0))
	require.NoError(a.t, err)
	return code
}
