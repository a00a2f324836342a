// Package scope says on whose behalf the database is used: one tenant, or the system for a stated reason.
//
// The scope travels in the context. Every query and mutation of a tenant's table reads it (see the tenant mixin in ent/schema) and
// fails without one, so forgetting it is an error and never a leak. It knows nothing of databases itself.
package scope

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ErrMissing is returned where a tenant's data is touched and the context names neither a tenant nor the system.
var ErrMissing = errors.New("tenant scope missing")

// A Scope is the reach of a database operation. The zero Scope reaches nothing.
type Scope struct {
	tenant uuid.UUID
	reason string
}

// Tenant reaches the rows of one tenant.
func Tenant(id uuid.UUID) Scope { return Scope{tenant: id} }

// System reaches the rows of all tenants. The reason is written down at each place that asks for it, so that all of them are found by
// searching for scope.System.
func System(reason string) Scope { return Scope{reason: reason} }

// IsSystem reports whether the scope reaches all tenants.
func (s Scope) IsSystem() bool { return s.reason != "" }

// TenantID is the tenant reached, or the nil UUID for the system.
func (s Scope) TenantID() uuid.UUID { return s.tenant }

// Valid reports whether the scope reaches anything at all.
func (s Scope) Valid() bool { return s.IsSystem() || s.tenant != uuid.Nil }

// String names the scope for logs and errors.
func (s Scope) String() string {
	switch {
	case s.IsSystem():
		return "system (" + s.reason + ")"
	case s.tenant != uuid.Nil:
		return "tenant " + s.tenant.String()
	default:
		return "none"
	}
}

type key struct{}

// With returns a context that carries the scope.
func With(ctx context.Context, s Scope) context.Context { return context.WithValue(ctx, key{}, s) }

// From returns the scope of the context, or ErrMissing where there is none or it reaches nothing.
func From(ctx context.Context) (Scope, error) {
	s, ok := ctx.Value(key{}).(Scope)
	if !ok {
		return Scope{}, ErrMissing
	}
	if !s.Valid() {
		return Scope{}, fmt.Errorf("%w: the context carries an empty scope", ErrMissing)
	}
	return s, nil
}
