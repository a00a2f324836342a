package tenants

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// Addresses knows under which URLs tenants are reached: slug.base-domain where a tenant has a slug of its own, the base URL and its id as
// first path segment always.
type Addresses struct {
	public, admin string // without trailing slash
	console       string // where operators' tenant is served, without trailing slash; empty: nowhere
	scheme        string
	domain        string // base domain without port, lower case; empty when the base is an IP address, which has no subdomains
	port          string // ":8000" or empty
	single        bool
}

// ConsoleAuthPath is where, on the console's server, the public API of the operators' tenant is.
const ConsoleAuthPath = "/console/auth"

// NewAddresses makes the addresses from the public base URL (whose host is the base domain, as in http://localhost:8000) and the base URL of
// the admin API. With single, there is one tenant at the base URL itself.
func NewAddresses(publicBase, adminBase string, single bool) (Addresses, error) {
	public, err := baseURL(publicBase)
	if err != nil {
		return Addresses{}, fmt.Errorf("public base URL %q: %w", publicBase, err)
	}
	admin, err := baseURL(adminBase)
	if err != nil {
		return Addresses{}, fmt.Errorf("admin base URL %q: %w", adminBase, err)
	}
	a := Addresses{public: public.String(), admin: admin.String(), scheme: public.Scheme, single: single}
	host := strings.ToLower(public.Hostname())
	if _, err := netip.ParseAddr(host); err != nil {
		a.domain = host
	}
	if p := public.Port(); p != "" {
		a.port = ":" + p
	}
	return a, nil
}

func baseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the scheme must be http or https")
	case u.Hostname() == "":
		return nil, fmt.Errorf("the host is missing")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("must be only scheme, host and path")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

// WithConsole says where the console is, whose tenant is served below it.
func (a Addresses) WithConsole(base string) Addresses {
	a.console = strings.TrimRight(base, "/") + ConsoleAuthPath
	return a
}

// Domain is the base domain, or empty where tenants have no host names.
func (a Addresses) Domain() string { return a.domain }

// Public is where a tenant's public API is, without trailing slash.
func (a Addresses) Public(id uuid.UUID, slug string) string {
	switch {
	case id == SystemID && a.console != "":
		return a.console
	case a.single:
		return a.public
	case a.domain == "" || slug == id.String():
		return a.public + "/" + id.String()
	default:
		return a.scheme + "://" + slug + "." + a.domain + a.port
	}
}

// Admin is where a tenant's admin API is, without trailing slash.
func (a Addresses) Admin(id uuid.UUID) string {
	if a.single {
		return a.admin
	}
	return a.admin + "/" + id.String()
}

// split takes the host of a request apart: the label in front of the base domain, else a host that may be a tenant's own domain. Both are
// empty where the host can be no tenant's: the base domain itself, an address, nonsense.
func (a Addresses) split(host string) (slug, custom string) {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" || len(host) > 253 || host == a.domain || strings.HasPrefix(host, "[") {
		return "", ""
	}
	if a.domain != "" {
		if label, ok := strings.CutSuffix(host, "."+a.domain); ok {
			if !plausibleSlug(label) {
				return "", ""
			}
			return label, ""
		}
	}
	if !plausibleHost(host) {
		return "", ""
	}
	return "", host
}

// plausibleHost reports whether a host could be a tenant's own domain: at least two DNS labels, not an IP address.
func plausibleHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if !plausibleSlug(l) {
			return false
		}
	}
	return true
}
