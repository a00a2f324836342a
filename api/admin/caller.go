package admin

import (
	"context"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/tenants"
)

// callerOf is who sends the request: the key, and where from.
func callerOf(ctx context.Context) management.Caller {
	return management.Caller{By: tenants.ByToken(keyOf(ctx).ID), Client: middleware.From(ctx).Client}
}

// none is the answer without a body.
type none struct{}
