package config

import (
	"net/http"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

func (p *Problems) cors(c CORS) {
	everyone := len(c.AllowOrigins) == 0
	for i, origin := range c.AllowOrigins {
		path := index("cors.allow_origins", i)
		switch {
		case origin == "*":
			everyone = true
		case origin == "null" || matchesForeign(origin):
			if !c.UnsafeWildcardOriginAllowed {
				p.add(path, "%s allows pages of other people too; let a dot and your domain follow the last *, such as https://*.shop.example, "+
					"or set cors.unsafe_wildcard_origin_allowed to true", quote(origin))
			}
		case blank(origin):
			p.add(path, "must not be empty")
		case strings.HasSuffix(origin, "/"):
			p.add(path, "must not end with /: browsers send an origin without path, %s", quote(strings.TrimRight(origin, "/")))
		}
	}
	if everyone && !c.UnsafeWildcardOriginAllowed {
		p.add("cors.allow_origins", "allows every origin (an empty list does too), so any web page could act for a signed-in user; "+
			"list your origins, or set cors.unsafe_wildcard_origin_allowed to true")
	}
}

// matchesForeign tells whether a pattern matches hosts that anybody may own: after its last wildcard there must be a dot and a domain.
func matchesForeign(pattern string) bool {
	_, host, ok := strings.Cut(pattern, "://")
	if !ok {
		host = pattern
	}
	last := strings.LastIndexAny(host, "*?")
	if last < 0 {
		return false
	}
	if port := strings.LastIndexByte(host, ':'); port >= 0 {
		host = host[:port]
		if last = strings.LastIndexAny(host, "*?"); last < 0 {
			return false
		}
	}
	domain, ok := strings.CutPrefix(host[last+1:], ".")
	return !ok || !isDomain(strings.ToLower(domain)) || isPublicSuffix(domain)
}

// isPublicSuffix tells whether people register names below a domain, as with com, co.uk and github.io. Names that only some network knows,
// such as internal, are none.
func isPublicSuffix(domain string) bool {
	suffix, icann := publicsuffix.PublicSuffix(strings.ToLower(domain))
	return suffix == strings.ToLower(domain) && (icann || strings.Contains(suffix, "."))
}

// isDomain tells whether a text is a host name in ASCII and lower case.
func isDomain(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// SessionCookieName is the name of the session cookie.
func (c *Config) SessionCookieName() string {
	if c.Session.Cookie.Name == "" {
		return "hanko"
	}
	return c.Session.Cookie.Name
}

func (p *Problems) cookies(c *Config) {
	cookie := c.Session.Cookie
	name := c.SessionCookieName()
	p.cookieName("session.cookie.name", name, cookie)
	switch domain := strings.TrimPrefix(strings.ToLower(cookie.Domain), "."); {
	case cookie.Domain == "":
	case !isDomain(domain):
		p.add("session.cookie.domain", "must be a domain such as shop.example, without scheme, port and path")
	case isPublicSuffix(domain):
		p.add("session.cookie.domain", "must be your own domain: names below %s belong to many people, so browsers drop the cookie", domain)
	}
	if cookie.SameSite == "none" && !cookie.Secure {
		p.add("session.cookie.same_site", "none needs session.cookie.secure: browsers drop the cookie otherwise")
	}
	device := c.MFA.DeviceTrustCookieName
	if device == "" {
		p.add("mfa.device_trust_cookie_name", "must not be empty")
		return
	}
	p.cookieName("mfa.device_trust_cookie_name", device, cookie)
	if device == name {
		p.add("mfa.device_trust_cookie_name", "must not be the name of the session cookie")
	}
}

// cookieName checks a name, and the promises that some names make (RFC 6265bis, section 4.1.3). Both cookies share the other settings.
func (p *Problems) cookieName(path, name string, cookie Cookie) {
	if (&http.Cookie{Name: name, Value: "x"}).Valid() != nil {
		p.add(path, "%s cannot be the name of a cookie: letters, digits and - _ . are safe", quote(name))
		return
	}
	lower := strings.ToLower(name)
	if (strings.HasPrefix(lower, "__secure-") || strings.HasPrefix(lower, "__host-")) && !cookie.Secure {
		p.add(path, "begins with __Secure- or __Host-, which needs session.cookie.secure")
	}
	if strings.HasPrefix(lower, "__host-") && cookie.Domain != "" {
		p.add(path, "begins with __Host-, which needs session.cookie.domain to be empty")
	}
}

// webURL checks that a text is an absolute URL of the web.
func (p *Problems) webURL(path, text string) {
	if _, ok := safehttp.WebURL(text); !ok {
		p.add(path, "must be a URL that begins with https:// or http://")
	}
}
