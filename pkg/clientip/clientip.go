// Package clientip finds the address of who sends a request, with proxies in between.
//
// A header is believed only where the peer is one of the trusted proxies; nothing is trusted because its address is private.
package clientip

import (
	"net/http"
	"net/netip"
	"strings"
)

// The ways to find an address.
const (
	Direct        = "direct"          // the peer of the connection
	XForwardedFor = "x_forwarded_for" // X-Forwarded-For, from the right, past trusted proxies
	XRealIP       = "x_real_ip"       // X-Real-IP of a trusted proxy
)

// An Extractor finds addresses.
type Extractor struct {
	kind    string
	trusted []netip.Prefix
}

// NewExtractor finds addresses by one of the ways; an empty or unknown one is Direct. trusted are the proxies whose header
// is believed, and nobody else, loopback and private ranges included.
func NewExtractor(kind string, trusted []netip.Prefix) *Extractor {
	e := &Extractor{kind: kind}
	for _, p := range trusted {
		if p.Addr().Is4In6() && p.Bits() >= 96 { // addresses are compared in their IPv4 form
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		e.trusted = append(e.trusted, p.Masked())
	}
	return e
}

// IP is the address of who sent the request, without zone, IPv4 addresses in their own form. It is the zero Addr where
// the connection has none that can be read, such as a Unix socket; then no header is believed either.
func (e *Extractor) IP(r *http.Request) netip.Addr {
	peer := parse(r.RemoteAddr)
	if !e.trusts(peer) {
		return peer
	}
	switch e.kind {
	case XRealIP:
		// A proxy that knows the header replaces it; of two, one came from the client.
		if values := r.Header.Values("X-Real-Ip"); len(values) == 1 {
			if ip := parse(values[0]); ip.IsValid() {
				return ip
			}
		}
	case XForwardedFor:
		return e.forwarded(r.Header.Values("X-Forwarded-For"), peer)
	}
	return peer
}

// forwarded walks from the peer to the left as long as whoever says so is trusted. It reads no further than it must: what
// is left of the answer is the client's to make up, and may be long.
func (e *Extractor) forwarded(values []string, peer netip.Addr) netip.Addr {
	leftmost := peer
	for i := len(values) - 1; i >= 0; i-- {
		for rest, more := values[i], true; more; {
			entry := rest
			at := strings.LastIndexByte(rest, ',')
			if more = at >= 0; more {
				rest, entry = rest[:at], rest[at+1:]
			}
			ip := parse(entry)
			switch {
			case !ip.IsValid():
				return peer
			case !e.trusts(ip):
				return ip
			}
			leftmost = ip
		}
	}
	return leftmost
}

func (e *Extractor) trusts(ip netip.Addr) bool {
	for _, p := range e.trusted {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// parse reads an address with or without port, brackets and zone.
func parse(s string) netip.Addr {
	s = strings.TrimSpace(s)
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return plain(ap.Addr())
	}
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return plain(ip)
}

// plain is an address in the one form in which it is compared, counted and stored.
func plain(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

// LimitKey stands for an address in rate limits. An IPv6 caller usually has a whole /64, so that is what counts. All
// callers without an address share one key.
func LimitKey(ip netip.Addr) string {
	ip = plain(ip)
	switch {
	case !ip.IsValid():
		return "unknown"
	case ip.Is4():
		return ip.String()
	}
	p, err := ip.Prefix(64)
	if err != nil {
		return ip.String()
	}
	return p.String()
}
