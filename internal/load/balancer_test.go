package load_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// checkEvery is how often a balancer asks its servers whether they are ready.
const checkEvery = 100 * time.Millisecond

// A balancer sends requests to the servers that say they are ready, in turn, as Caddy does with active health checks. It tries none again.
type balancer struct {
	servers []*upstream
	next    atomic.Int64
	client  *http.Client
}

// keptIdle is how long a balancer keeps a connection to a server that it does not need, as Caddy does.
const keptIdle = 2 * time.Minute

// An upstream is one server behind a balancer.
type upstream struct {
	proxy *httputil.ReverseProxy
	calls *http.Transport
	ready string
	up    atomic.Bool
}

// balance listens at an address until the test ends.
func balance(t testing.TB, address string, servers ...*upstream) *balancer {
	t.Helper()
	b := &balancer{servers: servers, client: &http.Client{Timeout: 2 * time.Second}}
	l, err := net.Listen("tcp", address)
	require.NoError(t, err)
	server := &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(l) })
	for _, u := range servers {
		running.Go(func() { b.watch(ctx, u) })
	}
	t.Cleanup(func() {
		end()
		_ = server.Close()
		running.Wait()
	})
	return b
}

// newUpstream is a server at an address that says at another whether it is ready.
func newUpstream(address, ready string) *upstream {
	to := &url.URL{Scheme: "http", Host: address}
	calls := &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: keptIdle, DisableCompression: true}
	return &upstream{ready: ready, calls: calls, proxy: &httputil.ReverseProxy{
		Transport: calls,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // it names the tenant
			r.SetXForwarded()
		},
	}}
}

func (b *balancer) watch(ctx context.Context, u *upstream) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.ready, nil)
		if err != nil {
			return
		}
		resp, err := b.client.Do(req)
		var slow net.Error
		switch {
		case err == nil:
			u.up.Store(resp.StatusCode == http.StatusOK)
			_ = resp.Body.Close()
		case errors.As(err, &slow) && slow.Timeout(): // the machine is busy: that is no news of the server
		default:
			u.up.Store(false)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// ServeHTTP implements http.Handler.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	first := int(b.next.Add(1))
	for i := range b.servers {
		if u := b.servers[(first+i)%len(b.servers)]; u.up.Load() {
			u.proxy.ServeHTTP(w, r)
			return
		}
	}
	http.Error(w, "no server is ready", http.StatusServiceUnavailable)
}

// ready is how many of its servers it sends requests to.
func (b *balancer) ready() int {
	n := 0
	for _, u := range b.servers {
		if u.up.Load() {
			n++
		}
	}
	return n
}
