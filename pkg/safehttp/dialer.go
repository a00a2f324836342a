// Package safehttp reaches out on behalf of tenants without being led astray: only public addresses, no redirects, no
// proxy, bounded in time and size.
//
// The address is checked when it is dialled, after names were resolved, so that a name cannot change its mind in between
// (DNS rebinding). Whoever speaks another protocol, such as SMTP, takes the [Dialer] alone.
//
// The package does not judge URLs, contents or certificates, and never retries.
package safehttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// ErrForbiddenAddress is returned for an address that tenants may not reach. It does not tell which: a name may resolve to
// an address inside that is nobody else's business.
var ErrForbiddenAddress = errors.New("the address is not a public one; the operator can open networks with egress.allow_cidrs")

// Options of a dialer.
type Options struct {
	// AllowCIDRs are networks that may be reached besides public ones.
	AllowCIDRs []netip.Prefix
	// AllowLoopback opens this machine: for development.
	AllowLoopback bool
	// Unguarded lets everything through: for hosts that the operator named herself.
	Unguarded bool
	// Timeout bounds connecting, with resolving the name; 10 s by default.
	Timeout time.Duration
	// Resolver resolves names; that of the system by default.
	Resolver *net.Resolver
}

// A Dialer connects to addresses that may be reached. It is safe for concurrent use.
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
	d.dialer = net.Dialer{Timeout: o.Timeout, KeepAlive: 30 * time.Second, Resolver: o.Resolver, ControlContext: d.control}
	return d
}

// DialContext connects by TCP. Of the addresses of a name, those that may not be reached are passed over. Errors:
// ErrForbiddenAddress, wrapped; those of net.Dialer.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := d.dialer.DialContext(ctx, network, address)
	if errors.Is(err, ErrForbiddenAddress) { // the error of net would name the address
		return nil, fmt.Errorf("dial %s: %w", address, ErrForbiddenAddress)
	}
	return connection, err
}

// control sees the address that is really dialled.
func (d *Dialer) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if d.options.Unguarded {
		return nil
	}
	switch network {
	case "tcp4", "tcp6":
	default:
		return fmt.Errorf("%w: %s is not TCP", ErrForbiddenAddress, network)
	}
	target, err := netip.ParseAddrPort(address)
	if err != nil || !d.allows(target.Addr()) {
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
	if ip.IsLoopback() {
		return d.options.AllowLoopback
	}
	return public(ip)
}

// public reports whether ip belongs to the internet: it is none of the special-purpose addresses of RFC 6890 and the IANA
// registries that RFC keeps, and, for IPv6, it is a global unicast address as far as those are assigned (2000::/3). That
// leaves out whatever may lead back inside: addresses that embed IPv4 ones, multicast, and what is not yet invented.
func public(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Is6() && !globalUnicast6.Contains(ip) {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

var globalUnicast6 = netip.MustParsePrefix("2000::/3")

var special = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // shared with carriers; metadata services
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // metadata service of a cloud, public by its looks
	"169.254.0.0/16",   // link-local; metadata services
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, broadcast
	"2001::/23",        // protocol assignments: Teredo, ORCHID, benchmarks
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4: embeds an IPv4 address
	"3fff::/20",        // documentation
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
