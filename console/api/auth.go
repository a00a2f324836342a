package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// scopeKey is where an operation's metadata says which scope it needs.
const scopeKey = "scope"

type callerKey struct{}

// authenticate lets in who has a token with the operation's scope. An operation that names no scope lets nobody in.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	api := a.v1
	if a.compatible != nil && strings.HasPrefix(ctx.Operation().OperationID, compatiblePrefix) {
		api = a.compatible
	}
	token, err := a.o.Operators.Authenticate(ctx.Context(), middleware.Bearer(ctx.Header("Authorization")))
	if err != nil {
		if errors.Is(err, tenants.ErrBadToken) {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="latchkeep"`)
		}
		_ = huma.WriteErr(api, ctx, http.StatusInternalServerError, "authenticate", err) // logged by huma where the client has gone
		return
	}
	needed, _ := ctx.Operation().Metadata[scopeKey].(string)
	if needed == "" || !token.Scopes.Allow(needed) {
		err := problem.Forbidden("insufficient_scope", "the token needs the scope "+needed)
		_ = huma.WriteErr(api, ctx, http.StatusForbidden, "authorize", err)
		return
	}
	ctx = huma.WithValue(ctx, callerKey{}, token)
	next(huma.WithContext(ctx, tenants.WithCaller(ctx.Context(), callerOf(ctx.Context()))))
}

// callerOf is where the request comes from, as audit records tell it.
func callerOf(ctx context.Context) tenants.Caller {
	c := middleware.From(ctx).Client
	from := tenants.Caller{UserAgent: c.UserAgent, RequestID: c.RequestID}
	if c.IP.IsValid() {
		from.SourceIP = c.IP.String()
	}
	return from
}

// caller is the token of the request. Authenticate put it there for every operation.
func caller(ctx context.Context) *tenants.OperatorToken {
	token, _ := ctx.Value(callerKey{}).(tenants.OperatorToken)
	return &token
}

// reach makes sure that the caller may touch a tenant. One out of her reach is as if it were not there.
func reach(ctx context.Context, id uuid.UUID) error {
	if !caller(ctx).MayTouch(id) {
		return tenants.ErrNotFound
	}
	return nil
}

// everywhere makes sure that the caller is not confined to some tenants.
func everywhere(ctx context.Context) error {
	if caller(ctx).Tenants != nil {
		return problem.Forbidden("confined_token", "a token confined to some tenants cannot do this")
	}
	return nil
}
