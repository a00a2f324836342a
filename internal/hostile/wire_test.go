package hostile_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// host is that of the tenant shop.
const host = "shop.latchkeep.test"

// listens finds out where a running program listens, as "latchkeep serve" says it.
func listens(t *testing.T, env *testenv.Env, server string) string {
	t.Helper()
	said := regexp.MustCompile(`^INFO listening server=` + server + ` address=(\S+)`)
	for _, line := range env.Log() {
		if found := said.FindStringSubmatch(line); found != nil {
			return found[1]
		}
	}
	t.Fatalf("nobody listens as %s", server)
	return ""
}

// A line is a connection on which anything may be written.
type line struct {
	net.Conn
	from *bufio.Reader
}

func dial(t *testing.T, address string) *line {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return &line{c, bufio.NewReader(c)}
}

// write writes text; that the other end has gone shows when it is read from.
func (l *line) write(text string) { _, _ = io.WriteString(l, text) }

// answer reads one answer; nil where the connection ended instead.
func (l *line) answer(t *testing.T) *http.Response {
	t.Helper()
	require.NoError(t, l.SetReadDeadline(time.Now().Add(2*patience)))
	r, err := http.ReadResponse(l.from, nil)
	if err != nil {
		require.False(t, isTimeout(err), "the connection is neither answered nor closed")
		return nil
	}
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return r
}

// ended waits until the other end closes, and returns when it did.
func (l *line) ended(t *testing.T, within time.Duration) {
	t.Helper()
	require.NoError(t, l.SetReadDeadline(time.Now().Add(within)))
	_, err := io.Copy(io.Discard, l.from)
	require.False(t, isTimeout(err), "the connection is still open after %s", within)
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}
