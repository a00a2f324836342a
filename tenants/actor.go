package tenants

import (
	"strings"

	"github.com/google/uuid"
)

// An Actor is who makes a change, as it is written down beside the change.
type Actor string

// Actors that are no person and no token.
const (
	BySystem Actor = "system"
	ByCLI    Actor = "cli"
)

// ByToken is the actor behind an operator token or API key.
func ByToken(id uuid.UUID) Actor { return Actor("token:" + id.String()) }

// Token is the id of the token or API key behind the actor; false where there is none.
func (a Actor) Token() (uuid.UUID, bool) {
	text, ok := strings.CutPrefix(string(a), "token:")
	if !ok {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(text)
	return id, err == nil
}

// ByOperator is an operator signed in to the console.
func ByOperator(email string) Actor { return Actor("operator:" + email) }

// Operator reports whether the actor is an operator signed in to the console.
func (a Actor) Operator() bool { return strings.HasPrefix(string(a), "operator:") }
