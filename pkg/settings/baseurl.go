package settings

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// A BaseURL is scheme and host of an address that others are made from; it has no path.
type BaseURL struct {
	Scheme string // http or https
	Host   string // lower case, with the port unless it is the scheme's own
}

// ParseBaseURL reads http://localhost:8000 or https://example.com. One trailing slash is allowed; a path, query, fragment
// or user is not.
func ParseBaseURL(text string) (BaseURL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return BaseURL{}, errors.New("not a URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return BaseURL{}, errors.New("must start with http:// or https://")
	case u.Hostname() == "" || u.Opaque != "":
		return BaseURL{}, errors.New("has no host")
	case u.User != nil:
		return BaseURL{}, errors.New("must not contain a user or password")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return BaseURL{}, errors.New("must end after the host")
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if addr, err := netip.ParseAddr(host); err == nil && addr.Zone() == "" {
		host = addr.String()
	} else if !isHostName(host) {
		return BaseURL{}, errors.New("is not a host name; write an international one in its xn-- form")
	}
	port := u.Port()
	if _, err := strconv.ParseUint(port, 10, 16); port != "" && err != nil {
		return BaseURL{}, errors.New("has no valid port")
	}
	if port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		port = ""
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return BaseURL{Scheme: u.Scheme, Host: host}, nil
}

// isHostName reports whether host is a name that DNS can hold, in lower case.
func isHostName(host string) bool {
	return len(host) <= 253 && regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`).MatchString(host)
}

// String is the URL without a trailing slash.
func (b BaseURL) String() string {
	if b.Host == "" {
		return ""
	}
	return b.Scheme + "://" + b.Host
}

// Domain is the host without its port: the base domain of tenants.
func (b BaseURL) Domain() string {
	return (&url.URL{Host: b.Host}).Hostname()
}

// Sub is the base URL one label below: https://example.com and "shop" give https://shop.example.com.
func (b BaseURL) Sub(label string) BaseURL {
	return BaseURL{Scheme: b.Scheme, Host: label + "." + b.Host}
}

// IsIP reports whether the host is an address, below which there can be no names: tenants are reached by path only.
func (b BaseURL) IsIP() bool {
	_, err := netip.ParseAddr(b.Domain())
	return err == nil
}

// IsLoopback reports whether the host names this machine: localhost, a name below it, or a loopback address.
func (b BaseURL) IsLoopback() bool {
	domain := b.Domain()
	if domain == "localhost" || strings.HasSuffix(domain, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(domain)
	return err == nil && addr.IsLoopback()
}

// localBaseURL is what a listener is reached at on this machine.
func localBaseURL(address string) BaseURL {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return BaseURL{Scheme: "http", Host: "localhost"}
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && (addr.IsUnspecified() || addr.IsLoopback()) {
		host = "localhost"
	}
	base, err := ParseBaseURL("http://" + net.JoinHostPort(host, port))
	if err != nil {
		return BaseURL{Scheme: "http", Host: "localhost"} // the address is wrong and reported as such
	}
	return base
}
