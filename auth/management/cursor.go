package management

import (
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// ErrBadCursor is the answer to a cursor that was not given out for this list of this tenant.
var ErrBadCursor = problem.Invalid("invalid_cursor", "the cursor does not belong to this list")

// cursor is what is inside of a cursor. It is sealed: it may hold an address, and nobody can make one up.
type cursor struct {
	ID    uuid.UUID `json:"i"`
	At    time.Time `json:"a,omitzero"`
	Text  string    `json:"t,omitempty"`
	Value []byte    `json:"v,omitempty"`
}

// list is what a cursor is bound to.
type list struct {
	Name      string
	Tenant    uuid.UUID
	Filter    Filter
	Ascending bool
}

func listOf(t *tenants.Tenant, f Filter, ascending bool) list {
	return list{"users", t.ID, f, ascending}
}

func (s *Service) sealCursor(t *tenants.Tenant, f Filter, ascending bool, p rawsql.UserPosition) string {
	c := cursor(p)
	if !f.ByCreation() {
		c.At = time.Time{}
	}
	return paging.SealCursor(s.n.Keyring, listOf(t, f, ascending), c)
}

func (s *Service) openCursor(t *tenants.Tenant, f Filter, ascending bool, text string) (rawsql.UserPosition, error) {
	var c cursor
	if !paging.OpenCursor(s.n.Keyring, listOf(t, f, ascending), text, &c) {
		return rawsql.UserPosition{}, ErrBadCursor
	}
	return rawsql.UserPosition(c), nil
}
