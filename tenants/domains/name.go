package domains

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// normal is a host as it is stored, in ASCII and lower case, or why it cannot be a tenant's. Names with other letters are those of UTS #46.
func (r *Room) normal(host string) (string, error) {
	ascii, why := normalise(host)
	if why == "" {
		why = r.elsewhere(ascii)
	}
	if why != "" {
		return "", problem.Invalid("invalid_domain", "the domain is not valid", problem.Field{Path: "host", Reason: why})
	}
	return ascii, nil
}

func normalise(host string) (ascii, why string) {
	host = strings.TrimSuffix(strings.TrimSpace(host), ".")
	const example = "must be a host name such as login.shop.example"
	switch {
	case host == "":
		return "", "must not be empty"
	case len(host) > 4*MaxHost:
		return "", fmt.Sprintf("must not be longer than %d bytes", MaxHost)
	case strings.Contains(host, "://") || strings.ContainsAny(host, "/?#@"):
		return "", example + ", without scheme and path"
	case strings.Contains(host, "*"):
		return "", example + ", without *: add each host that is to be served"
	case isAddress(host):
		return "", "must be a host name, not an IP address"
	case strings.Contains(host, ":"):
		return "", example + ", without port"
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return "", example
	}
	if again, err := idna.Lookup.ToASCII(ascii); err != nil || again != ascii { // of bytes that are no UTF-8 it makes a name that it refuses
		return "", example
	}
	suffix, managed := publicsuffix.PublicSuffix(ascii)
	switch {
	case len(ascii) > MaxHost:
		return "", fmt.Sprintf("must not be longer than %d bytes", MaxHost)
	case !strings.Contains(ascii, "."):
		return "", example + ", with a dot"
	case isAddress(ascii): // other letters may stand for digits and dots
		return "", "must be a host name, not an IP address"
	case !tenants.IsHost(ascii):
		return "", example
	case suffix == ascii && (managed || strings.Contains(suffix, ".")):
		return "", "must be your own domain: names below it belong to many people"
	case strings.HasSuffix(ascii, ".localhost"):
		return "", "must be a host of the DNS: names below localhost are every machine's own"
	}
	return ascii, ""
}

// isAddress reports whether browsers take a host for an IP address: they do where its last label is a number (URL Standard, "ends in a number").
func isAddress(host string) bool {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && (strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x"))
}

// elsewhere says what else is served at a host.
func (r *Room) elsewhere(host string) string {
	base := r.n.Registry.Addresses().Domain()
	switch {
	case base != "" && (host == base || strings.HasSuffix(host, "."+base)):
		return "must not be below " + base + ": tenants have names there by their slug"
	case slices.Contains(r.n.Reserved, host):
		return "is a host of the console or the admin API"
	}
	return ""
}
