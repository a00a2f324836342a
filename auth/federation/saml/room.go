// Package saml signs people in through SAML 2.0 identity providers. Each tenant is a service provider of its own: it has its own providers,
// its own key pair and its own metadata.
//
// A sign-in begins with a request that travels with the browser to the provider, or at the provider itself, and ends with a response. What a
// response says is believed only after everything that protects it was verified, and only where the signature covers it; it then becomes an
// account of auth/federation, which decides what that means for the tenant's people. The package knows no HTTP routes.
// Spec: saml.md.
package saml

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Linker decides what an account at a provider means for the tenant's people.
type Linker interface {
	// SignIn signs in, links or signs up, and gives the one-time token that the flow redeems. Errors: *federation.Error where it refuses.
	SignIn(ctx context.Context, t *tenants.Tenant, c auth.Client, s federation.State, a federation.Account) (token string, err error)
	// Refused records a sign-in that came to nothing.
	Refused(ctx context.Context, t *tenants.Tenant, c auth.Client, err *federation.Error)
}

// Needs are what the room works with; all but Now are required.
type Needs struct {
	Store    *store.Store
	Outbox   *outbox.Writer
	Keyring  *secret.Keyring
	Registry *tenants.Registry
	Linker   Linker
	// Gate limits how often a caller may begin by a link.
	Gate *federation.Gate
	// Client fetches metadata. It must not reach what tenants may not: see pkg/safehttp.
	Client *http.Client
	// AllowHTTP lets metadata be fetched without TLS: for development.
	AllowHTTP bool
	Log       *slog.Logger
	Now       func() time.Time
}

// A Room is sign-in through SAML, for all tenants. It is safe for concurrent use.
type Room struct{ n Needs }

// NewRoom makes the room.
func NewRoom(n Needs) *Room {
	if n.Now == nil {
		n.Now = time.Now
	}
	return &Room{n}
}

// now is the time as all databases keep it.
func (r *Room) now() time.Time { return r.n.Now().UTC().Truncate(time.Microsecond) }

// Skew is how far a provider's clock may be apart from ours, either way.
const Skew = 5 * time.Second

// Service is what a tenant is to its identity providers.
type service struct {
	entityID string // also the public base URL
	acs      string // where responses are received
	audience string // what assertions must be for
}

func serviceOf(t *tenants.Tenant) service {
	base := t.Config.SAML.EndpointURL // without trailing slash: see tenants/config
	return service{entityID: base, acs: base + "/saml/callback", audience: t.Config.SAML.AudienceURI}
}
