package tenants

import (
	"context"
	"slices"

	"github.com/google/uuid"
)

// A Grant is what somebody may do in some tenants.
type Grant struct {
	Scopes  Scopes
	Tenants []uuid.UUID // all where nil
}

func (g Grant) allows(scope string, tenant uuid.UUID) bool {
	return g.Scopes.Allow(scope) && (g.Tenants == nil || slices.Contains(g.Tenants, tenant))
}

// Grants are what somebody may do: what one of them allows.
type Grants []Grant

// May reports whether they allow something in a tenant.
func (g Grants) May(scope string, tenant uuid.UUID) bool {
	return slices.ContainsFunc(g, func(one Grant) bool { return one.allows(scope, tenant) })
}

// Somewhere reports whether they allow something in any tenant.
func (g Grants) Somewhere(scope string) bool {
	return slices.ContainsFunc(g, func(one Grant) bool { return one.Scopes.Allow(scope) })
}

// Everywhere reports whether they allow something in all tenants, also in those to come.
func (g Grants) Everywhere(scope string) bool {
	return slices.ContainsFunc(g, func(one Grant) bool { return one.Tenants == nil && one.Scopes.Allow(scope) })
}

// Where are the tenants in which they allow something; nil for all.
func (g Grants) Where(scope string) []uuid.UUID {
	list := []uuid.UUID{}
	for _, one := range g {
		if !one.Scopes.Allow(scope) {
			continue
		}
		if one.Tenants == nil {
			return nil
		}
		list = append(list, one.Tenants...)
	}
	slices.SortFunc(list, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(list)
}

// Cover reports whether they allow all that others do.
func (g Grants) Cover(others Grants) bool {
	for _, other := range others {
		for _, scope := range other.Scopes {
			if other.Tenants == nil && !g.Everywhere(scope) {
				return false
			}
			for _, tenant := range other.Tenants {
				if !g.May(scope, tenant) {
					return false
				}
			}
		}
	}
	return true
}

// A Principal is who uses the console: an operator who is signed in, or an operator token.
type Principal struct {
	// Actor signs what the principal changes.
	Actor Actor
	// OperatorID is the operator's; of a token, that of whose it is. Nil where there is none.
	OperatorID uuid.UUID
	// Name is for people.
	Name string

	grants Grants
	// within is what the grants are good for at most; nil: no matter.
	within Grants
}

// NewPrincipal makes a principal who has grants. A token of an operator's can do no more than she: within are hers, nil for none's token.
func NewPrincipal(actor Actor, name string, operatorID uuid.UUID, grants, within Grants) *Principal {
	return &Principal{Actor: actor, Name: name, OperatorID: operatorID, grants: grants, within: within}
}

// May reports whether the principal may do something in a tenant. What concerns operators, and their own tenant, is for those who may do it everywhere.
func (p *Principal) May(scope string, tenant uuid.UUID) bool {
	if tenant == SystemID {
		return p.Everywhere(scope) && p.Everywhere(OperatorsWrite)
	}
	return p.grants.May(scope, tenant) && (p.within == nil || p.within.May(scope, tenant))
}

// Somewhere reports whether the principal may do something in any tenant.
func (p *Principal) Somewhere(scope string) bool {
	return p.grants.Somewhere(scope) && (p.within == nil || p.within.Somewhere(scope))
}

// Everywhere reports whether the principal may do something in all tenants.
func (p *Principal) Everywhere(scope string) bool {
	return p.grants.Everywhere(scope) && (p.within == nil || p.within.Everywhere(scope))
}

// Where are the tenants in which the principal may do something; nil for all.
func (p *Principal) Where(scope string) []uuid.UUID {
	where := p.grants.Where(scope)
	switch within := p.within.Where(scope); {
	case p.within == nil || within == nil:
		return where
	case where == nil:
		return within
	default:
		return slices.DeleteFunc(where, func(id uuid.UUID) bool { return !slices.Contains(within, id) })
	}
}

// Covers reports whether the principal may do all that grants allow, so as to hand them out or take them away.
func (p *Principal) Covers(grants Grants) bool {
	return p.grants.Cover(grants) && (p.within == nil || p.within.Cover(grants))
}

type principalKey struct{}

// WithPrincipal puts who sends a request into its context.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalOf is who sends the request; one who may do nothing where nobody was put into the context.
func PrincipalOf(ctx context.Context) *Principal {
	if p, ok := ctx.Value(principalKey{}).(*Principal); ok {
		return p
	}
	return &Principal{Actor: BySystem}
}
