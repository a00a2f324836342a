// Package acmepeer runs Pebble, an ACME certificate authority for tests, which others wrote.
package acmepeer

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/dnspeer"
	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// The key that accounts must be bound to.
const (
	KeyID  = "latchkeep-test"
	MACKey = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
)

// A Peer is a running authority.
type Peer struct {
	Directory string
	TrustedCA string // file that the directory's own certificate is in
	manage    string
	client    *http.Client
}

// Options of New: the ports at which the authority looks for answers to its challenges, and how long its certificates are good for.
type Options struct {
	HTTPPort, TLSPort int
	Validity          time.Duration
}

// New starts an authority for the time of a test. It finds hosts through the DNS given. Where it cannot be built the test is skipped, unless all
// tests are required.
func New(t testing.TB, names *dnspeer.Peer, o Options) *Peer {
	t.Helper()
	binary := build(t)
	dir, port := t.TempDir(), freeport.Several(t, 2)
	p := &Peer{
		Directory: "https://127.0.0.1:" + port[0] + "/dir", manage: "https://127.0.0.1:" + port[1], TrustedCA: filepath.Join(dir, "ca.pem"),
	}
	certificate, key := ownCertificate(t)
	require.NoError(t, os.WriteFile(p.TrustedCA, certificate, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key.pem"), key, 0o600))
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(certificate))
	p.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, Timeout: 10 * time.Second}
	t.Cleanup(p.client.CloseIdleConnections)

	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": "127.0.0.1:" + port[0], "managementListenAddress": "127.0.0.1:" + port[1],
		"certificate": p.TrustedCA, "privateKey": filepath.Join(dir, "key.pem"), "httpPort": o.HTTPPort, "tlsPort": o.TLSPort,
		"externalAccountBindingRequired": true, "externalAccountMACKeys": map[string]string{KeyID: MACKey},
		"retryAfter": map[string]int{"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
		"profiles": map[string]any{"default": map[string]any{"description": "for tests", "validityPeriod": int(o.Validity / time.Second)}},
	}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, binary, "-config", filepath.Join(dir, "config.json"), "-strict", "-dnsserver", names.Address())
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=20")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Log(said.String())
		}
	})
	require.Eventually(t, func() bool {
		resp, err := p.client.Get(p.Directory)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond)
	return p
}

// Roots are the authority's own, which its certificates are from.
func (p *Peer) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	resp, err := p.client.Get(p.manage + "/roots/0")
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	return roots
}

// build builds the program from the module in tools/pebble.
func build(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "pebble")
	module, err := filepath.Abs("../../../tools/pebble")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/letsencrypt/pebble/v2/cmd/pebble")
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		if testdb.Require() {
			require.NoError(t, err, "%s", out)
		}
		t.Skipf("pebble cannot be built, so automatic TLS is not tested: %s", out)
	}
	return binary
}

// ownCertificate is what the authority itself speaks TLS with.
func ownCertificate(t testing.TB) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}
