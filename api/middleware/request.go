// Package middleware is what every request passes before it reaches an operation: it finds the tenant, knows the client, answers
// cross-origin questions, writes the access log and survives panics.
//
// It holds no rule of the domain and sends no query of its own.
package middleware

import (
	"context"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Request is what the middleware found out about a request.
type Request struct {
	// Tenant is nil before it was resolved, and for routes that belong to none.
	Tenant *tenants.Tenant
	// Base is the path prefix that was taken off: "/{tenant_id}", or empty.
	Base   string
	Client auth.Client
	// Route is the pattern that the path matched, such as "/users/{id}", once the request is answered; empty where none did.
	Route string
}

type requestKey struct{}

// With returns a context that carries the request.
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// From returns the request of the context. It panics where no middleware ran: that is a mistake of the wiring.
func From(ctx context.Context) *Request { return ctx.Value(requestKey{}).(*Request) }

// Caller is where the request of the context comes from, as the records of what operators do tell it.
func Caller(ctx context.Context) tenants.Caller {
	c := From(ctx).Client
	from := tenants.Caller{UserAgent: c.UserAgent, RequestID: c.RequestID}
	if c.IP.IsValid() {
		from.SourceIP = c.IP.String()
	}
	return from
}
