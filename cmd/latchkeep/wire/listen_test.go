package wire

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/certificates"
)

// A pipe is a listener that is called once.
type pipe struct {
	called chan net.Conn
	ended  chan struct{}
}

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.called:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error   { close(p.ended); return nil }
func (p *pipe) Addr() net.Addr { return &net.TCPAddr{} }

func TestServer_KeepsConnectionsOfBrowsersForShorter(t *testing.T) {
	t.Parallel()

	behind, open := &App{}, &App{certificates: new(certificates.Manager)}
	for _, name := range []string{"public", "admin", "console", "ops"} {
		require.Equal(t, keptForProxies, behind.kept(name), name)
	}
	require.Equal(t, keptForBrowsers, open.kept("public"))
	require.Equal(t, keptForBrowsers, open.kept("http"))
	require.Equal(t, keptForProxies, open.kept("admin"), "it has no certificate of its own")
}

func TestServer_KeepsConnectionsForLongerThanProxiesDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &App{Log: slog.New(slog.DiscardHandler)}
		server := a.server(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), keptForProxies)
		l := &pipe{called: make(chan net.Conn, 1), ended: make(chan struct{})}
		done := make(chan error, 1)
		go func() { done <- server.Serve(l) }()
		us, proxy := net.Pipe()
		l.called <- us
		answers := bufio.NewReader(proxy)
		ask := func() {
			_, err := io.WriteString(proxy, "POST /login HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 0\r\n\r\n")
			require.NoError(t, err)
			resp, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, resp.StatusCode)
			require.False(t, resp.Close)
		}
		ask()
		time.Sleep(10*time.Minute + time.Second) // the longest of those that have a default of less than an hour
		ask()
		began := time.Now()
		_, err := answers.ReadByte()
		require.ErrorIs(t, err, io.EOF, "it is not kept for ever")
		require.Less(t, time.Since(began), 15*time.Minute)
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-done, http.ErrServerClosed)
	})
}
