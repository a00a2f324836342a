package federation

import (
	"context"
	"fmt"
	"time"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/pkg/ratelimit"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Gate limits how often one caller may leave for a third party, OAuth and SAML together, from flows and from links. Anybody may begin, and each
// beginning has the program seal, sign and perhaps ask the provider; so nobody shall begin without end, and nobody else count for it.
type Gate struct {
	limiter ratelimit.Limiter
	limit   ratelimit.Limit
}

// NewGate makes a Gate; a zero limit is none.
func NewGate(l ratelimit.Limiter, limit ratelimit.Limit) *Gate { return &Gate{l, limit} }

// Pass takes a token of the caller. Where none is left, allowed is false, and retry is how long until there are some again.
func (g *Gate) Pass(ctx context.Context, t *tenants.Tenant, c auth.Client) (retry time.Duration, allowed bool, err error) {
	if g.limit.Tokens == 0 {
		return 0, true, nil
	}
	d, err := g.limiter.Take(ctx, tenants.Key(t.ID, "third_party", c.LimitKey), g.limit)
	if err != nil {
		return 0, false, fmt.Errorf("take a token of the third parties: %w", err)
	}
	return d.RetryAfter, d.Allowed, nil
}
