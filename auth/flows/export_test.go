package flows

import (
	"context"
	"time"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/tenants"
)

// StartAt begins a flow at a time that need not be now.
func (f *Flows) StartAt(ctx context.Context, t *tenants.Tenant, name string, at time.Time) ([]byte, error) {
	env := &Env{Tenant: t, Client: auth.Client{}}
	result, err := f.flows[name].Start(scoped(ctx, t), env, party(env), at)
	if err != nil {
		return nil, err
	}
	response, err := result.Render()
	if err != nil {
		return nil, err
	}
	return response.Body(), nil
}

// TTL is how long a login or registration may take.
const TTL = flowTTL
