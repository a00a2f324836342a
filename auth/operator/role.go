// Package operator knows the people who run the deployment: their roles, how they are invited, and who they are when they have signed in to the
// console. They sign in as people of any tenant do, in a tenant of their own: see tenants.SystemID.
package operator

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Role is what an operator does.
type Role string

// The roles.
const (
	Owner    Role = "owner"     // everything, other operators too
	Admin    Role = "admin"     // everything about tenants and their people
	Support  Role = "support"   // helps people: sees them, blocks them, ends sessions, resets factors
	ReadOnly Role = "read_only" // sees, changes nothing
)

// Roles are all, the mightiest first.
func Roles() []Role { return []Role{Owner, Admin, Support, ReadOnly} }

// Scopes are what a role may do. docs/operators.md has the same as a table.
func (r Role) Scopes() tenants.Scopes {
	switch r {
	case Owner:
		return tenants.Scopes{tenants.AllScopes, tenants.CredentialsExport}
	case Admin:
		return tenants.Scopes{
			"tenants:*", "keys:*", "users:*", "sessions:*", "webhooks:*", tenants.AuditRead, tenants.UsageRead, tenants.OperatorsRead,
		}
	case Support:
		return tenants.Scopes{
			tenants.TenantsRead, tenants.UsersRead, tenants.UsersWrite, tenants.SessionsRead, tenants.SessionsWrite, tenants.WebhooksRead, tenants.AuditRead,
		}
	case ReadOnly:
		return tenants.Scopes{
			tenants.TenantsRead, tenants.KeysRead, tenants.UsersRead, tenants.SessionsRead, tenants.WebhooksRead, tenants.AuditRead, tenants.UsageRead,
		}
	default:
		return nil
	}
}

// A Grant gives an operator a role in some tenants.
type Grant struct {
	Role    Role        `json:"role"`
	Tenants []uuid.UUID `json:"tenants,omitempty"` // all where empty
}

// allowed are what grants allow.
func allowed(list []Grant) tenants.Grants {
	grants := make(tenants.Grants, len(list))
	for i, g := range list {
		grants[i] = tenants.Grant{Scopes: g.Role.Scopes()}
		if len(g.Tenants) > 0 {
			grants[i].Tenants = g.Tenants
		}
	}
	return grants
}

// owns reports whether grants make somebody an owner of the whole deployment.
func owns(list []Grant) bool {
	return slices.ContainsFunc(list, func(g Grant) bool { return g.Role == Owner && len(g.Tenants) == 0 })
}

// maxTenants is how many tenants a grant may name.
const maxTenants = 1000

// check finds all that is wrong with grants.
func check(list []Grant) []problem.Field {
	var fields []problem.Field
	add := func(path, why string) { fields = append(fields, problem.Field{Path: path, Reason: why}) }
	if len(list) == 0 || len(list) > len(Roles()) {
		add("grants", fmt.Sprintf("must have 1 to %d entries", len(Roles())))
	}
	seen := map[Role]bool{}
	for i, g := range list {
		path := fmt.Sprintf("grants[%d]", i)
		if !slices.Contains(Roles(), g.Role) {
			add(path+".role", "must be owner, admin, support or read_only")
		}
		if seen[g.Role] {
			add(path+".role", "is there twice: name all tenants in one entry")
		}
		seen[g.Role] = true
		if len(g.Tenants) > maxTenants {
			add(path+".tenants", fmt.Sprintf("must name %d tenants at most", maxTenants))
		}
		if slices.Contains(g.Tenants, tenants.SystemID) {
			add(path+".tenants", "must not name the tenant of the operators")
		}
	}
	return fields
}

func decode(stored json.RawMessage) ([]Grant, error) {
	var list []Grant
	if err := json.Unmarshal(stored, &list); err != nil {
		return nil, fmt.Errorf("read the grants of an operator: %w", err)
	}
	return list, nil
}
