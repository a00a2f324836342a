package wire_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/latchkeep/latchkeep/tenants"
)

// TestHTTP2_FloodsOfFramesEndTheirConnectionAndHoldUpNobody resets streams as fast as it opens them (CVE-2023-44487), and sends headers that never end
// (CVE-2023-45288). Others are answered meanwhile, and what is left running afterwards is bounded.
func TestHTTP2_FloodsOfFramesEndTheirConnectionAndHoldUpNobody(t *testing.T) {
	t.Parallel()

	s := newSecured(t, time.Hour)
	const host = "flood.auth.example.net" // no other test's: certmagic lets all managers of a process wait for one certificate of a host
	s.dns.Host(host)
	app, _ := s.replica(t, s.port[:2])
	_, err := app.Provisioner.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "flood"})
	require.NoError(t, err)
	config := &tls.Config{ServerName: host, RootCAs: s.roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}
	open := func() (net.Conn, *http2.Framer) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", "127.0.0.1:"+s.port[0])
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, err = io.WriteString(c, http2.ClientPreface)
		require.NoError(t, err)
		f := http2.NewFramer(c, c)
		require.NoError(t, f.WriteSettings())
		return c, f
	}
	other := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{ServerName: host, RootCAs: s.roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+s.port[0])
		},
	}}
	defer other.CloseIdleConnections()
	answered := func() {
		r, err := other.Get("https://" + host + "/.well-known/jwks.json")
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		require.Equal(t, http.StatusOK, r.StatusCode)
	}
	var head bytes.Buffer
	encoder := hpack.NewEncoder(&head)
	for _, field := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", host}, {":path", "/.well-known/jwks.json"}} {
		require.NoError(t, encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}))
	}
	answered()
	before := runtime.NumGoroutine()

	c, f := open()
	go func() { _, _ = io.Copy(io.Discard, c) }()
	for stream := uint32(1); stream < 20_000; stream += 2 {
		if f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: head.Bytes(), EndStream: true, EndHeaders: true}) != nil ||
			f.WriteRSTStream(stream, http2.ErrCodeCancel) != nil {
			break // it is hung up on
		}
	}
	answered()
	require.Less(t, runtime.NumGoroutine()-before, 1500, "what was given up does not pile up")

	c, f = open()
	require.NoError(t, f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: head.Bytes(), EndStream: true}))
	ended := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, c); ended <- err }()
	more := bytes.Repeat([]byte{0x40, 1, 'a', 1, 'b'}, 3000) // header fields of one letter
	for range 1000 {
		if f.WriteContinuation(1, false, more) != nil {
			break
		}
	}
	select {
	case err := <-ended:
		require.False(t, errors.Is(err, context.DeadlineExceeded))
	case <-time.After(time.Minute):
		t.Fatal("headers that never end are read for ever")
	}
	answered()
}
