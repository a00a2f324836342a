package saml

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/redirect"
	"github.com/latchkeep/latchkeep/tenants"
)

// statePrefix tells our RelayState from what a provider makes up. Spec: saml §5.4.
const statePrefix = "hanko_spi_"

// The kinds of uses.
const (
	useRequest   = "request"
	useAssertion = "assertion"
)

// errNotAllowed says that somebody would be sent to a page that the tenant does not know.
var errNotAllowed = errors.New("redirect_to is not among the pages that are allowed")

// errNoDefault says that flows cannot use SAML as the tenant is configured.
var errNoDefault = errors.New("saml.default_redirect_url is empty: there is no page to return to")

// SAMLStart begins a sign-in for a flow: it reports whether an enabled provider signs in exactly this mail domain, and where the browser goes.
// The person comes back to saml.default_redirect_url. It stores nothing. Spec: saml §5.2.
func (r *Room) SAMLStart(
	ctx context.Context, t *tenants.Tenant, domain string, flow uuid.UUID, now time.Time,
) (redirectURL string, found bool, err error) {
	p, found := t.SAMLForDomain(domain)
	if !found {
		return "", false, nil
	}
	if t.Config.SAML.DefaultRedirectURL == "" {
		return "", true, errNoDefault
	}
	redirectURL, err = r.begin(ctx, t, federation.NewState(p.Domain, t.Config.SAML.DefaultRedirectURL, flow, now), p.ID, now)
	if errors.Is(err, ErrNoProvider) { // gone or switched off, and the snapshot does not know yet
		return "", false, nil
	}
	return redirectURL, true, err
}

// Authorize begins a sign-in that no flow asked for, and gives the address where the browser goes. Spec: saml §5.1.
func (r *Room) Authorize(ctx context.Context, t *tenants.Tenant, c auth.Client, domain, redirectTo string) (string, *federation.Error) {
	to, err := r.authorize(ctx, t, c, domain, redirectTo)
	if err != nil && err.Code == federation.ServerError && ctx.Err() == nil {
		r.n.Log.WarnContext(ctx, "a SAML sign-in cannot begin", "tenant_id", t.ID, "request_id", c.RequestID, "error", err.Cause)
	}
	return to, err
}

func (r *Room) authorize(ctx context.Context, t *tenants.Tenant, c auth.Client, domain, redirectTo string) (string, *federation.Error) {
	switch {
	case !isDomain(domain):
		return "", federation.Refuse(federation.InvalidRequest, "domain must be the domain of an address", nil)
	case !isAbsolute(redirectTo):
		return "", federation.Refuse(federation.InvalidRequest, "redirect_to must be a URL", nil)
	}
	unknown := federation.Refuse(federation.InvalidRequest, "no identity provider signs in this domain", nil)
	p, found := t.SAMLForDomain(domain)
	if !found {
		return "", unknown
	}
	pages, err := pagesOf(t)
	if err != nil {
		return "", internal(err)
	}
	if !pages.Allows(redirectTo) {
		return "", internal(errNotAllowed)
	}
	switch retry, allowed, err := r.n.Gate.Pass(ctx, t, c); {
	case err != nil:
		return "", internal(err)
	case !allowed:
		return "", &federation.Error{Code: federation.RateLimited, RetryAfter: retry}
	}
	now := r.now()
	state := federation.NewState(p.Domain, redirectTo, uuid.Nil, now)
	state.Direct = true
	to, err := r.begin(ctx, t, state, p.ID, now)
	switch {
	case errors.Is(err, ErrNoProvider):
		return "", unknown
	case err != nil:
		return "", internal(err)
	}
	return to, nil
}

// begin makes the request. It stores nothing: anybody may begin, and few come back. What is needed then is in the state.
func (r *Room) begin(ctx context.Context, t *tenants.Tenant, state federation.State, provider uuid.UUID, now time.Time) (string, error) {
	row, err := r.enabled(ctx, t, provider)
	if err != nil {
		return "", err
	}
	to, err := idpOf(row)
	if err != nil {
		return "", err
	}
	state.RequestID = newRequestID()
	sealed, err := state.Seal(r.n.Keyring, t.ID, federation.PurposeSAML)
	if err != nil {
		return "", err
	}
	return r.address(ctx, t, to, outgoing{id: state.RequestID, relay: statePrefix + sealed, now: now})
}

// enabled reads a provider that is switched on. Error: ErrNoProvider.
func (r *Room) enabled(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*ent.SAMLProvider, error) {
	row, err := r.n.Store.Reader().SAMLProvider.Query().Where(samlprovider.ID(id), samlprovider.Enabled(true)).
		Only(scope.With(ctx, scope.Tenant(t.ID)))
	if ent.IsNotFound(err) {
		return nil, ErrNoProvider
	}
	if err != nil {
		return nil, fmt.Errorf("read SAML provider %s: %w", id, err)
	}
	return row, nil
}

type pagesKey struct{}

// pagesOf are the pages that a sign-in may return to. Spec: saml §2.
func pagesOf(t *tenants.Tenant) (*redirect.List, error) {
	return tenants.Memo(t, pagesKey{}, func() (*redirect.List, error) {
		return redirect.CompileWithApps(append([]string{t.Config.SAML.DefaultRedirectURL}, t.Config.SAML.AllowedRedirectURLs...))
	})
}

var domainPattern = regexp.MustCompile(`^([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)+[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

// isDomain reports whether a text is a domain with at least two labels.
func isDomain(text string) bool {
	return len(text) <= 253 && domainPattern.MatchString(strings.TrimSuffix(text, "."))
}
