// Package safehttp reaches out on behalf of tenants without being led astray: only public addresses, no redirects, bounded in time and size.
//
// The address is checked when it is dialled, after names were resolved, so that a name cannot change its mind in between (DNS rebinding).
package safehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrForbiddenAddress is returned for an address that tenants may not reach.
var ErrForbiddenAddress = errors.New("the address is not a public one")

// Options of a dialer.
type Options struct {
	// AllowCIDRs are networks that may be reached besides public ones.
	AllowCIDRs []netip.Prefix
	// AllowLoopback opens this machine: for development.
	AllowLoopback bool
	// Unguarded lets everything through: for hosts that the operator named herself.
	Unguarded bool
	// Timeout bounds connecting; 10 s by default.
	Timeout time.Duration
}

// A Dialer connects to addresses that may be reached.
type Dialer struct {
	options Options
	dialer  net.Dialer
}

// NewDialer makes a dialer.
func NewDialer(o Options) *Dialer {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	d := &Dialer{options: o}
	d.dialer = net.Dialer{Timeout: o.Timeout, KeepAlive: 30 * time.Second, ControlContext: d.control}
	return d
}

// DialContext connects.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d.dialer.DialContext(ctx, network, address)
}

// control sees the address that is really dialled.
func (d *Dialer) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if d.options.Unguarded {
		return nil
	}
	switch network {
	case "tcp4", "tcp6", "tcp":
	default:
		return fmt.Errorf("%w: %s", ErrForbiddenAddress, network)
	}
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: it cannot be read", ErrForbiddenAddress)
	}
	if !d.allows(target.Addr()) {
		return ErrForbiddenAddress
	}
	return nil
}

func (d *Dialer) allows(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	for _, p := range d.options.AllowCIDRs {
		if p.Contains(ip) {
			return true
		}
	}
	if d.options.AllowLoopback && ip.IsLoopback() {
		return true
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// special are networks that look public and are not, or lead to others that are not (IANA special-purpose registries).
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10", "3fff::/20", "5f00::/16",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// NewClient makes an HTTP client over a dialer. It follows no redirects and uses no proxy.
func NewClient(d *Dialer, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            d.DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           100,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ErrTooLarge is returned for an answer that is longer than allowed.
var ErrTooLarge = errors.New("the answer is too large")

// ReadLimited reads at most limit bytes.
func ReadLimited(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, ErrTooLarge
	}
	return body, nil
}
