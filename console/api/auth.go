package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// scopeKey is where an operation's metadata says which scope it needs.
const scopeKey = "scope"

// authenticate lets in who has a token, or a session in the console, that somewhere allows the operation. An operation that names no scope lets
// nobody in. Whether it is allowed in the tenant it is about is for reach and everywhere to say.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	api := a.v1
	if a.compatible != nil && strings.HasPrefix(ctx.Operation().OperationID, compatiblePrefix) {
		api = a.compatible
	}
	who, err := a.principal(ctx)
	if err != nil {
		if errors.Is(err, tenants.ErrBadToken) {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="latchkeep"`)
		}
		_ = huma.WriteErr(api, ctx, http.StatusInternalServerError, "authenticate", err) // logged by huma where the client has gone
		return
	}
	needed, _ := ctx.Operation().Metadata[scopeKey].(string)
	if needed == "" || !who.Somewhere(needed) {
		err := problem.Forbidden("insufficient_scope", "the token needs the scope "+needed)
		_ = huma.WriteErr(api, ctx, http.StatusForbidden, "authorize", err)
		return
	}
	ctx = huma.WithValue(ctx, neededKey{}, needed)
	known := tenants.WithCaller(tenants.WithPrincipal(ctx.Context(), who), middleware.Caller(ctx.Context()))
	next(huma.WithContext(ctx, known))
}

// principal is who sends a request: by operator token, else by the session of an operator who is signed in to the console.
func (a *API) principal(ctx huma.Context) (*tenants.Principal, error) {
	if header := ctx.Header("Authorization"); header != "" || a.o.Session == nil {
		return a.o.Operators.Principal(ctx.Context(), middleware.Bearer(header))
	}
	r, _ := humachi.Unwrap(ctx)
	return a.o.Session(r)
}

type neededKey struct{}

// caller is who sends the request. Authenticate put her there for every operation.
func caller(ctx context.Context) *tenants.Principal { return tenants.PrincipalOf(ctx) }

// needed is the scope that the operation needs.
func needed(ctx context.Context) string {
	scope, _ := ctx.Value(neededKey{}).(string)
	return scope
}

// reach makes sure that the caller may do what the operation does in a tenant. One out of her reach is as if it were not there.
func reach(ctx context.Context, id uuid.UUID) error {
	switch who := caller(ctx); {
	case who.May(needed(ctx), id):
		return nil
	case who.May(tenants.TenantsRead, id):
		return problem.Forbidden("insufficient_scope", "this needs the scope "+needed(ctx)+" in this tenant")
	default:
		return tenants.ErrNotFound
	}
}

// everywhere makes sure that the caller is not confined to some tenants.
func everywhere(ctx context.Context) error {
	if !caller(ctx).Everywhere(needed(ctx)) {
		return problem.Forbidden("confined_token", "who is confined to some tenants cannot do this")
	}
	return nil
}
