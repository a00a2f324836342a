// Package oauth signs people in through OAuth 2.0 and OpenID Connect providers: it says where to send the browser, and turns the code that comes
// back into an account. What an account means for the tenant's people is not its business, nor are states, cookies and HTTP routes.
//
// Each built-in provider is a file. All of them speak through the same exchange, over a client that reaches public addresses only, follows no
// redirects and waits 10 s. Spec: third-party §3 to §5.
package oauth

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// Timeout bounds one call to a provider.
const Timeout = 10 * time.Second

// Needs are what a Room is made of.
type Needs struct {
	// Client reaches providers: it must be one of package safehttp with [Timeout].
	Client *http.Client
	// Endpoints are where built-in providers are; nil: [BuiltInEndpoints]. Tests put providers of their own in their place.
	Endpoints map[string]Endpoints
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// A Room has the providers of all tenants. It is safe for concurrent use.
type Room struct {
	needs      Needs
	discovered *shelf[metadata]
	keys       *shelf[[]verifyingKey]
}

// New makes a Room.
func New(n Needs) *Room {
	if n.Now == nil {
		n.Now = time.Now
	}
	if n.Endpoints == nil {
		n.Endpoints = BuiltInEndpoints()
	}
	r := &Room{needs: n}
	r.discovered = newShelf(n.Now, r.fetchMetadata)
	r.keys = newShelf(n.Now, r.fetchKeys)
	return r
}

// Providers are those that a tenant enabled.
type Providers struct {
	list []Listed
	byID map[string]Provider
}

type providersKey struct{}

// Providers compiles a tenant's, once for each snapshot.
func (r *Room) Providers(t *tenants.Tenant) (*Providers, error) {
	return tenants.Memo(t, providersKey{}, func() (*Providers, error) { return r.compile(t), nil })
}

func (r *Room) compile(t *tenants.Tenant) *Providers {
	p := &Providers{byID: map[string]Provider{}}
	c := t.Config.ThirdParty
	for _, b := range c.Providers.BuiltIn() {
		if b.Provider.Enabled {
			p.add(Listed{b.ID, b.Name}, r.builtIn(b, c))
		}
	}
	customs := make([]Listed, 0, len(c.CustomProviders))
	for key, custom := range c.CustomProviders {
		if custom.Enabled {
			customs = append(customs, Listed{config.CustomPrefix + key, custom.DisplayName})
		}
	}
	slices.SortFunc(customs, func(a, b Listed) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, l := range customs {
		p.add(l, r.customClient(l.ID, c.CustomProviders[strings.TrimPrefix(l.ID, config.CustomPrefix)], c.RedirectURL))
	}
	return p
}

func (p *Providers) add(l Listed, provider Provider) {
	p.list = append(p.list, l)
	p.byID[l.ID] = provider
}

// List has the providers in the order in which they are offered: built-in ones, then custom ones by name. Spec: third-party §10. The caller must
// not change it.
func (p *Providers) List() []Listed { return p.list }

// Get finds a provider by its id.
func (p *Providers) Get(id string) (Provider, bool) {
	provider, ok := p.byID[id]
	return provider, ok
}
