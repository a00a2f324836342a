package safehttp

import (
	"net/netip"
	"strings"
)

// privateNames end the names that nobody on the internet has (RFC 6761, RFC 6762, RFC 8375, the reserved .internal, and those of Kubernetes).
var privateNames = []string{".localhost", ".local", ".internal", ".test", ".home.arpa", ".svc"}

// AllowsPlain reports whether http:// without TLS may be used for what is secret on the way to a host: only to one inside, where the operator let
// requests go inside at all. What a name leads to is checked when it is dialled; here it must look like one of inside.
func (o Options) AllowsPlain(host string) bool {
	if o.AllowLoopback || o.Unguarded {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		for _, network := range o.AllowCIDRs {
			if network.Contains(ip.Unmap()) {
				return true
			}
		}
		return false
	}
	if len(o.AllowCIDRs) == 0 {
		return false
	}
	for _, suffix := range privateNames {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return host != "" && !strings.Contains(host, ".")
}
