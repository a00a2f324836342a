package tenants

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// AllScopes is the scope that contains all others.
const AllScopes = "*"

// Scopes of operators and their tokens: what they may do in the console. They also have those of API keys, for the people and events of tenants.
const (
	TenantsRead    = "tenants:read"
	TenantsWrite   = "tenants:write"
	KeysRead       = "keys:read"
	KeysWrite      = "keys:write"
	UsageRead      = "usage:read"
	OperatorsRead  = "operators:read"
	OperatorsWrite = "operators:write"
	// MasterKeysRead is about the deployment's secrets: which of them are in use, never what they are.
	MasterKeysRead = "master-keys:read"
)

// Scopes of API keys: what their bearer may do in a tenant's admin API.
const (
	UsersRead     = "users:read"
	UsersWrite    = "users:write"
	SessionsRead  = "sessions:read"
	SessionsWrite = "sessions:write"
	WebhooksRead  = "webhooks:read"
	WebhooksWrite = "webhooks:write"
	AuditRead     = "audit:read"
	// CredentialsExport lets its bearer take out what people sign in with: password hashes, credentials, secrets of authenticator apps. It is
	// only had by who was given it by this name; no wildcard and no AllScopes contains it.
	CredentialsExport = "credentials:export"
)

// OperatorScopes are all scopes an operator token can have, but AllScopes and those with a wildcard (tenants:*).
func OperatorScopes() []string {
	return append([]string{TenantsRead, TenantsWrite, KeysRead, KeysWrite, UsageRead, OperatorsRead, OperatorsWrite, MasterKeysRead}, APIKeyScopes()...)
}

// APIKeyScopes are all scopes an API key can have, but AllScopes and those with a wildcard (users:*).
func APIKeyScopes() []string {
	return []string{UsersRead, UsersWrite, SessionsRead, SessionsWrite, WebhooksRead, WebhooksWrite, AuditRead, CredentialsExport}
}

// Scopes are what the bearer of a token may do.
type Scopes []string

// Allow reports whether the scopes contain one, by its name, its wildcard (users:* contains users:read) or AllScopes. CredentialsExport is
// contained by its name alone.
func (s Scopes) Allow(scope string) bool {
	if scope == CredentialsExport {
		return slices.Contains(s, scope)
	}
	area, _, _ := strings.Cut(scope, ":")
	return slices.Contains(s, AllScopes) || slices.Contains(s, scope) || slices.Contains(s, area+":*")
}

// Cover reports whether the scopes contain all of others, so that a token can hand out no more than it has.
func (s Scopes) Cover(others Scopes) bool {
	return !slices.ContainsFunc(others, func(o string) bool { return !s.Allow(o) })
}

// of spells out what the scopes contain of those that are known.
func (s Scopes) of(known []string) Scopes {
	return slices.DeleteFunc(slices.Clone(known), func(scope string) bool { return !s.Allow(scope) })
}

// checkScopes turns the scopes asked for into those to be kept: sorted, each once; none asked for means all.
func checkScopes(asked, known []string) (Scopes, []problem.Field) {
	if len(asked) == 0 {
		return Scopes{AllScopes}, nil
	}
	var fields []problem.Field
	for i, s := range asked {
		area, wild := strings.CutSuffix(s, ":*")
		exists := s == AllScopes || slices.Contains(known, s) ||
			wild && slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, area+":") && k != CredentialsExport })
		if !exists {
			fields = append(fields, problem.Field{
				Path: fmt.Sprintf("scopes[%d]", i), Reason: "is not one of " + strings.Join(known, ", ") + " or a wildcard such as " + wildcard(known[0]),
			})
		}
	}
	kept := slices.Clone(asked)
	slices.Sort(kept)
	return slices.Compact(kept), fields
}

func wildcard(scope string) string {
	area, _, _ := strings.Cut(scope, ":")
	return area + ":*"
}
