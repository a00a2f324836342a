package testenv

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// NewWithDatabaseAway is New with a database that is not there any more once cut was called: its connections end, and no other can be made. A file
// is never away, so not on SQLite.
func NewWithDatabaseAway(t *testing.T, name string, opts ...Option) (env *Env, cut func()) {
	t.Helper()
	u, err := url.Parse(New(t, name, Quiet()).DatabaseURL())
	require.NoError(t, err)
	line := newLine(t, u.Host)
	u.Host = line.Addr().String()
	return New(t, name, append(opts, Quiet(), With("database.url", u.String()))...), line.cut
}

// A line leads to a server until it is cut.
type line struct {
	net.Listener
	to string

	mu   sync.Mutex
	open []net.Conn
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &line{Listener: listener, to: to}
	t.Cleanup(l.cut)
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			l.mu.Lock()
			l.open = append(l.open, near, far)
			l.mu.Unlock()
			for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
				go func() { _, _ = io.Copy(way[0], way[1]) }() // until one of them goes
			}
		}
	}()
	return l
}

// cut ends all connections and lets no other be made.
func (l *line) cut() {
	l.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.open {
		c.Close()
	}
}
