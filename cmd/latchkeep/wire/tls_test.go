package wire_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/internal/acmepeer"
	"github.com/latchkeep/latchkeep/internal/dnspeer"
	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants"
)

// A secured is a deployment whose public server gets its certificates by itself.
type secured struct {
	url   string // of the database
	dns   *dnspeer.Peer
	acme  *acmepeer.Peer
	roots *x509.CertPool
	port  []string // TLS and HTTP of the first replica, then of the second
}

func newSecured(t *testing.T, validity time.Duration) *secured {
	t.Helper()
	s := &secured{url: testdb.URL(t, dialect.SQLite), dns: dnspeer.New(t), port: freeport.Several(t, 4)}
	number := func(text string) int { n, err := strconv.Atoi(text); require.NoError(t, err); return n }
	s.acme = acmepeer.New(t, s.dns, acmepeer.Options{TLSPort: number(s.port[0]), HTTPPort: number(s.port[1]), Validity: validity})
	s.roots = s.acme.Roots(t)
	return s
}

// replica runs the program at two of the ports until it is stopped.
func (s *secured) replica(t *testing.T, port []string) (app *wire.App, stop func()) {
	t.Helper()
	settings := load(t, "database.url", s.url, "tls.mode", "auto", "server.public.address", "127.0.0.1:"+port[0], "tls.http_address", "127.0.0.1:"+port[1],
		"server.ops.address", "127.0.0.1:0", "public.base_url", "https://auth.example.net:"+s.port[0], "tls.acme.directory", s.acme.Directory,
		"tls.acme.trusted_ca", s.acme.TrustedCA, "tls.acme.eab.key_id", acmepeer.KeyID, "tls.acme.eab.mac_key", acmepeer.MACKey)
	listening := make(chan struct{})
	app, err := wire.New(t.Context(), settings, wire.Options{
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), Version: "test", NoSpareKeys: true,
		CertificateCheck: time.Second, Listening: func() { close(listening) },
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- app.Serve(ctx, "public") }()
	select {
	case <-listening:
	case err := <-done:
		require.NoError(t, err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, app.Close())
	}
	t.Cleanup(stop)
	return app, stop
}

// certificate is the one that a host has at a replica.
func (s *secured) certificate(t *testing.T, port, host string) (*x509.Certificate, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dialer := &tls.Dialer{Config: &tls.Config{ServerName: host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(ctx, "tcp", "127.0.0.1:"+port)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

func TestTLS_HostsOfTenantsGetOneCertificateForAllReplicas(t *testing.T) {
	t.Parallel()

	s := newSecured(t, time.Hour)
	const host = "shop.auth.example.net"
	s.dns.Host(host)
	s.dns.Host("nobody.auth.example.net")
	first, stop := s.replica(t, s.port[:2])
	s.replica(t, s.port[2:])
	_, err := first.Provisioner.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "shop"})
	require.NoError(t, err)

	// The second replica asks, and the authority looks for the answer at the first.
	got, err := s.certificate(t, s.port[2], host)
	require.NoError(t, err)
	require.Equal(t, []string{host}, got.DNSNames)
	same, err := s.certificate(t, s.port[0], host)
	require.NoError(t, err)
	require.Equal(t, got.SerialNumber, same.SerialNumber)

	_, err = s.certificate(t, s.port[0], "nobody.auth.example.net")
	require.Error(t, err)
	require.Zero(t, s.dns.AskedFor("nobody.auth.example.net"), "the authority was not asked for a host of nobody's")

	client := &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + host + ":" + s.port[0] + "/health/alive")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "max-age=31536000", resp.Header.Get("Strict-Transport-Security"))
	require.Equal(t, 2, resp.ProtoMajor)
	resp, err = client.Get("http://" + host + ":" + s.port[1] + "/sign-in?a=1")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusPermanentRedirect, resp.StatusCode)
	require.Equal(t, "https://"+host+":"+s.port[0]+"/sign-in?a=1", resp.Header.Get("Location"))

	stop()
	s.replica(t, s.port[:2])
	same, err = s.certificate(t, s.port[0], host)
	require.NoError(t, err)
	require.Equal(t, got.SerialNumber, same.SerialNumber, "a restart needs no other certificate")
}

func TestTLS_CertificatesAreRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()

	s := newSecured(t, time.Minute)
	const host = "bank.auth.example.net"
	s.dns.Host(host)
	app, _ := s.replica(t, s.port[:2])
	_, err := app.Provisioner.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "bank"})
	require.NoError(t, err)
	got, err := s.certificate(t, s.port[0], host)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		now, err := s.certificate(t, s.port[0], host)
		return err == nil && now.SerialNumber.Cmp(got.SerialNumber) != 0 && time.Now().Before(got.NotAfter)
	}, 2*time.Minute, 500*time.Millisecond)
}
