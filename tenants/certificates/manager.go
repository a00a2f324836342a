// Package certificates gets TLS certificates for the hosts of tenants by itself, from a certificate authority that speaks ACME (RFC 8555), when a
// host is first asked for, and renews them.
//
// A certificate is got only for hosts that are served here. Accounts, keys and certificates are in the database, sealed, so that all replicas have
// them, one of them asks at a time, and whichever is asked can answer the authority's challenge.
package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/mholt/acmez/v3/acme"
	"go.uber.org/zap"

	"github.com/latchkeep/latchkeep/tenants"
)

// Needs are what the manager works with. EAB and Roots are optional.
type Needs struct {
	Files    *Files
	Registry *tenants.Registry
	// Single says that one tenant is served at every host: only the base domain gets a certificate.
	Single bool
	// Directory is the address of the authority's directory, Email whom it may write to.
	Directory, Email string
	// KeyID and MACKey bind the account to one that the authority knows, where it wants that (RFC 8555, 7.3.4).
	KeyID, MACKey string
	// Roots are the authorities that the directory's own certificate may be from; nil: those of the system.
	Roots *x509.CertPool
	// Public and HTTP are the addresses that the servers for TLS and for challenges listen on.
	Public, HTTP string
	// Check is how often certificates are looked at for renewal; 10 min where it is not positive.
	Check time.Duration
	Log   *slog.Logger
}

// maxCached is how many certificates a process has at hand; others are read from the database when they are asked for.
const maxCached = 10_000

// A Manager gets certificates and renews them. Close ends that.
type Manager struct {
	n      Needs
	cache  *certmagic.Cache
	config *certmagic.Config
	issuer *certmagic.ACMEIssuer
}

// New makes a manager. It asks nobody for anything before a host is asked for.
func New(n Needs) (*Manager, error) {
	log := zap.New(logCore{log: n.Log})
	m := &Manager{n: n}
	m.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert:   func(certmagic.Certificate) (*certmagic.Config, error) { return m.config, nil },
		RenewCheckInterval: n.Check, Capacity: maxCached, Logger: log,
	})
	m.config = certmagic.New(m.cache, certmagic.Config{
		Storage: n.Files, Logger: log, DisableStorageCheck: true,
		OnDemand: &certmagic.OnDemandConfig{DecisionFunc: m.served},
	})
	template := certmagic.ACMEIssuer{
		CA: n.Directory, TestCA: n.Directory, Email: n.Email, Agreed: true, TrustedRoots: n.Roots, Logger: log,
	}
	var err error
	if template.ListenHost, template.AltTLSALPNPort, err = split(n.Public); err != nil {
		return nil, fmt.Errorf("server.public.address: %w", err)
	}
	if _, template.AltHTTPPort, err = split(n.HTTP); err != nil {
		return nil, fmt.Errorf("tls.http_address: %w", err)
	}
	if n.KeyID != "" {
		template.ExternalAccount = &acme.EAB{KeyID: n.KeyID, MACKey: n.MACKey}
	}
	m.issuer = certmagic.NewACMEIssuer(m.config, template)
	m.config.Issuers = []certmagic.Issuer{m.issuer}
	return m, nil
}

func split(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	return host, port, err
}

// Close ends the renewal of certificates.
func (m *Manager) Close() error {
	m.cache.Stop()
	return nil
}

// served refuses hosts that nobody is served at, so that no certificate is got for them.
func (m *Manager) served(ctx context.Context, host string) error {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host != "" && host == m.n.Registry.Addresses().Domain() { // tenants by path, and the only tenant
		return nil
	}
	if m.n.Single {
		return tenants.ErrNotFound
	}
	_, err := m.n.Registry.ByHost(ctx, host)
	return err
}

// TLS is the configuration of the public server: HTTP/2 and HTTP/1.1, with the certificate of whatever host is asked for.
func (m *Manager) TLS() *tls.Config {
	c := m.config.TLSConfig()
	c.MinVersion = tls.VersionTLS12
	c.NextProtos = append([]string{"h2", "http/1.1"}, c.NextProtos...)
	ofHost, ofProbe := c.GetCertificate, sync.OnceValues(probeCertificate)
	c.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName == ProbeHost {
			return ofProbe()
		}
		return ofHost(hello)
	}
	return c
}

// Plain answers challenges of the authority over HTTP, and sends everybody else to the same address with TLS.
func (m *Manager) Plain() http.Handler {
	return m.issuer.HTTPChallengeHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.ToLower(host)
		if !tenants.IsHost(host) && host != m.n.Registry.Addresses().Domain() {
			http.NotFound(w, r)
			return
		}
		to := *r.URL
		to.Scheme, to.Host = "https", strings.TrimSuffix(strings.TrimPrefix(m.n.Registry.Addresses().Own(host), "https://"), "/")
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, to.String(), http.StatusPermanentRedirect)
	}))
}
