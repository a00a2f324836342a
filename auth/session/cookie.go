package session

import (
	"net/http"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/tenants"
)

// Retention says how long a browser keeps a session cookie.
type Retention string

// The retentions.
const (
	// Persistent cookies last as long as the session.
	Persistent Retention = "persistent"
	// UntilClose cookies go with the browser.
	UntilClose Retention = "session"
)

// RetentionFor decides the retention: the tenant's, or the person's choice where the tenant asks for it.
func RetentionFor(t *tenants.Tenant, remember bool) Retention {
	switch t.Config.Session.Cookie.Retention {
	case "session":
		return UntilClose
	case "prompt":
		if !remember {
			return UntilClose
		}
	}
	return Persistent
}

// CookieName is the name of a tenant's session cookie.
func CookieName(t *tenants.Tenant) string {
	if name := t.Config.Session.Cookie.Name; name != "" {
		return name
	}
	return "hanko"
}

// Cookie carries a token. A retention until the browser closes has no Max-Age (RFC 6265 §5.3).
func Cookie(t *tenants.Tenant, token string, lifetime time.Duration, r Retention) *http.Cookie {
	c := baseCookie(t)
	c.Value = token
	if r == Persistent {
		c.MaxAge = int(lifetime / time.Second)
	}
	return c
}

// DeleteCookie makes a browser forget the session cookie.
func DeleteCookie(t *tenants.Tenant) *http.Cookie {
	c := baseCookie(t)
	c.MaxAge = -1 // net/http writes Max-Age=0
	return c
}

func baseCookie(t *tenants.Tenant) *http.Cookie {
	cfg := t.Config.Session.Cookie
	c := &http.Cookie{
		Name:     CookieName(t),
		Path:     "/",
		Domain:   strings.TrimPrefix(cfg.Domain, "."),
		HttpOnly: cfg.HTTPOnly,
		Secure:   cfg.Secure,
	}
	switch cfg.SameSite {
	case "strict":
		c.SameSite = http.SameSiteStrictMode
	case "lax":
		c.SameSite = http.SameSiteLaxMode
	case "none":
		c.SameSite = http.SameSiteNoneMode
	}
	return c
}
