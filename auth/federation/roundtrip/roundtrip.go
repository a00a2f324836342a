// Package roundtrip sends browsers to OAuth providers and takes them back: it makes and checks the state that travels, and says where the
// browser goes next. The providers speak their protocols themselves; what an account means is decided in package federation.
// Spec: third-party §6.
package roundtrip

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/pkg/redirect"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// CookieName is the cookie that ties a state to the browser that asked for it.
const CookieName = "hanko_thirdparty_state"

// What may travel, in bytes: the page to return to, and the sealed state with all that it has. Browsers take cookies of 4096.
const (
	maxTarget = 2048
	maxState  = 3800
)

// Providers are a tenant's. [oauth.Providers] are.
type Providers interface {
	List() []oauth.Listed
	Get(id string) (oauth.Provider, bool)
}

// Needs are what a Room works with.
type Needs struct {
	Keyring *secret.Keyring
	// Providers are those of a tenant, compiled once.
	Providers  func(t *tenants.Tenant) (Providers, error)
	Federation *federation.Room
	Log        *slog.Logger
}

// A Room serves all tenants. It is safe for concurrent use.
type Room struct{ n Needs }

// New makes a Room.
func New(n Needs) *Room { return &Room{n: n} }

// Listed are the providers that a tenant's people may choose from, in the order in which they are offered.
func (r *Room) Listed(t *tenants.Tenant) ([]oauth.Listed, error) {
	p, err := r.n.Providers(t)
	if err != nil {
		return nil, fmt.Errorf("compile the providers of a tenant: %w", err)
	}
	return p.List(), nil
}

func (r *Room) provider(t *tenants.Tenant, id string) (oauth.Provider, error) {
	all, err := r.n.Providers(t)
	if err != nil {
		return nil, fmt.Errorf("compile the providers of a tenant: %w", err)
	}
	p, ok := all.Get(id)
	if !ok {
		return nil, ErrProvider
	}
	return p, nil
}

// What keeps a browser from leaving.
var (
	ErrProvider = errors.New("the tenant has no such provider")
	ErrRedirect = errors.New("the page to return to is not allowed")
	// ErrUnreachable: the provider was asked where to send the browser, and did not tell.
	ErrUnreachable = errors.New("the provider cannot be used just now")
)

type pagesKey struct{}

// Allows reports whether a tenant lets sign-ins return to a page.
func (r *Room) Allows(t *tenants.Tenant, page string) (bool, error) { return allows(t, page) }

// allows reports whether a tenant lets sign-ins return to a page.
func allows(t *tenants.Tenant, page string) (bool, error) {
	pages, err := tenants.Memo(t, pagesKey{}, func() (*redirect.List, error) {
		c := t.Config.ThirdParty
		return redirect.Compile(append([]string{c.ErrorRedirectURL}, c.AllowedRedirectURLs...))
	})
	if err != nil {
		return false, fmt.Errorf("compile the redirect URLs of a tenant: %w", err)
	}
	return len(page) <= maxTarget && pages.Allows(page), nil
}

// cookie carries a state. Providers come back from another site, some with a POST, so it is sent with every request. Spec: third-party §6.1.
func cookie(t *tenants.Tenant, state string) *http.Cookie {
	c := t.Config.Session.Cookie
	return &http.Cookie{
		Name: CookieName, Value: state, Path: "/", Domain: strings.TrimPrefix(c.Domain, "."), MaxAge: int(federation.StateTTL / time.Second),
		HttpOnly: c.HTTPOnly, Secure: true, SameSite: http.SameSiteNoneMode,
	}
}

// noCookie makes the browser forget it.
func noCookie(t *tenants.Tenant) *http.Cookie {
	c := cookie(t, "")
	c.MaxAge = -1 // net/http writes Max-Age=0
	c.Secure, c.SameSite = t.Config.Session.Cookie.Secure, http.SameSiteLaxMode
	return c
}
