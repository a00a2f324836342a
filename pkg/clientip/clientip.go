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

// NewExtractor finds addresses by one of the ways; an empty one is Direct.
func NewExtractor(kind string, trusted []netip.Prefix) *Extractor {
	return &Extractor{kind: kind, trusted: trusted}
}

// IP is the address of who sent the request; invalid where the connection has none that can be read.
func (e *Extractor) IP(r *http.Request) netip.Addr {
	peer := parse(r.RemoteAddr)
	switch e.kind {
	case XRealIP:
		if v := r.Header.Get("X-Real-Ip"); v != "" && e.trusts(peer) {
			if ip := parse(v); ip.IsValid() {
				return ip
			}
		}
	case XForwardedFor:
		return e.forwarded(strings.Join(r.Header.Values("X-Forwarded-For"), ","), peer)
	}
	return peer
}

// forwarded walks from the peer to the left as long as whoever says so is trusted.
func (e *Extractor) forwarded(header string, peer netip.Addr) netip.Addr {
	if header == "" || !e.trusts(peer) {
		return peer
	}
	entries := strings.Split(header, ",")
	leftmost := peer
	for i := len(entries) - 1; i >= 0; i-- {
		ip := parse(entries[i])
		switch {
		case !ip.IsValid():
			return peer
		case !e.trusts(ip):
			return ip
		}
		leftmost = ip
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
		return ap.Addr().Unmap().WithZone("")
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}

// LimitKey stands for an address in rate limits. An IPv6 caller usually has a whole /64, so that is what counts.
func LimitKey(ip netip.Addr) string {
	if !ip.Is6() {
		return ip.String()
	}
	p, err := ip.Prefix(64)
	if err != nil {
		return ip.String()
	}
	return p.String()
}
