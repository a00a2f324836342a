package flows

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants"
)

// SAML finds the identity provider that signs in the people of a mail domain.
type SAML interface {
	// SAMLStart is where to send the browser of somebody whose address has the domain, for a flow that takes what comes back. It
	// stores nothing; found is false where the tenant has no enabled provider for exactly this domain.
	SAMLStart(ctx context.Context, t *tenants.Tenant, domain string, flowID uuid.UUID, now time.Time) (redirectURL string, found bool, err error)
}

// leaveForSAML sends the browser to the identity provider of an address's domain, where there is one, whether the address is known here or
// not. The outcome is nil where there is none. Spec: saml §5.2.
func (f *Flows) leaveForSAML(t *turn, address string) (flow.Outcome, error) {
	if f.saml == nil || !t.Env.config().SAML.Enabled {
		return nil, nil
	}
	_, domain, ok := strings.Cut(address, "@")
	if !ok {
		return nil, nil
	}
	if _, found := t.Env.Tenant.SAMLForDomain(domain); !found {
		return nil, nil
	}
	wait, err := f.departure(t)
	if err != nil {
		return nil, err
	}
	if wait.exceeded {
		return rateLimited(t, wait, "retry_after"), nil
	}
	url, found, err := f.saml.SAMLStart(t.Context(), t.Env.Tenant, domain, t.FlowID(), t.Now())
	if err != nil || !found {
		return nil, err
	}
	t.Set("redirect_url", url)
	return flow.Continue(stateThirdParty), nil
}
