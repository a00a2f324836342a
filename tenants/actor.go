package tenants

import "github.com/google/uuid"

// An Actor is who makes a change, as it is written down beside the change.
type Actor string

// Actors that are no person and no token.
const (
	BySystem Actor = "system"
	ByCLI    Actor = "cli"
)

// ByToken is the actor behind an operator token or API key.
func ByToken(id uuid.UUID) Actor { return Actor("token:" + id.String()) }

// ByOperator is an operator signed in to the console.
func ByOperator(email string) Actor { return Actor("operator:" + email) }
