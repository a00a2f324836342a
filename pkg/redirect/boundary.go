package redirect

import (
	"net/url"
	"regexp"
	"strings"
)

// wildcards are what a host of a pattern may have that is not itself.
const wildcards = "*?["

// A boundary is where a pattern lets a page be, from the pattern's text: scheme, host and port. Spec: third-party §7 B.
type boundary struct {
	scheme string
	port   string // empty: any
	exact  string // the host, or
	host   *regexp.Regexp
}

// newBoundary reads scheme://authority of a pattern; rest begins with the authority.
func newBoundary(scheme, rest string) boundary {
	b := boundary{scheme: strings.ToLower(scheme)}
	if !isWeb(b.scheme) {
		return boundary{}
	}
	host, port := splitPort(beforePath(rest))
	if i := strings.IndexAny(port, wildcards); i >= 0 {
		port = port[:i]
	}
	b.port = port
	host = plain(host)
	if address, ok := strings.CutPrefix(host, "["); ok && strings.Contains(address, ":") { // to a glob it is a choice of characters
		b.exact = strings.TrimSuffix(address, "]")
		return b
	}
	for {
		if !strings.ContainsAny(host, wildcards) {
			b.exact = host
			return b
		}
		rest, ok := strings.CutSuffix(host, "**")
		if !ok {
			break
		}
		host = rest
	}
	if i := strings.LastIndex(host, "**"); i >= 0 && strings.ContainsAny(host[i+2:], wildcards) {
		b.exact = host[:strings.IndexAny(host, wildcards)]
		return b
	}
	b.host, _ = compileGlob(host, ".") // what does not compile matches nothing
	return b
}

// has reports whether u is inside.
func (b boundary) has(u *url.URL) bool {
	if b.scheme != u.Scheme || b.port != "" && b.port != u.Port() {
		return false
	}
	host := plain(u.Hostname())
	if b.host != nil {
		return b.host.MatchString(host)
	}
	return host != "" && b.exact == host
}

// plain is a host in the spelling in which hosts are compared.
func plain(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// beforePath is the authority at the beginning of rest.
func beforePath(rest string) string {
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i]
	}
	return rest
}

// splitPort parts an authority at its last colon that is not inside brackets.
func splitPort(authority string) (host, port string) {
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || i < strings.LastIndexByte(authority, ']') {
		return authority, ""
	}
	return authority[:i], authority[i+1:]
}

// plainHost reports whether the host of a URL is one that everybody reads alike: names in ASCII, addresses, a port in digits.
func plainHost(u *url.URL) bool {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		return host != "" && strings.Trim(strings.ToLower(host), "0123456789abcdef:.") == ""
	}
	for _, c := range []byte(strings.ToLower(host)) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return host != ""
}
