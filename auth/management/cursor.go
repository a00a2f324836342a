package management

import (
	"crypto/sha256"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
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

// cursorAAD binds a cursor to the tenant, the filter and the order of its list.
func cursorAAD(t *tenants.Tenant, f Filter, ascending bool) []byte {
	list, err := json.Marshal(struct {
		Tenant    uuid.UUID
		Filter    Filter
		Ascending bool
	}{t.ID, f, ascending})
	if err != nil {
		panic("management: a filter has a form in JSON: " + err.Error())
	}
	sum := sha256.Sum256(list)
	return append([]byte("latchkeep user list cursor v1 "), sum[:]...)
}

func (s *Service) sealCursor(t *tenants.Tenant, f Filter, ascending bool, p rawsql.UserPosition) string {
	c := cursor(p)
	if !f.ByCreation() {
		c.At = time.Time{}
	}
	plain, err := json.Marshal(c)
	if err != nil {
		panic("management: a cursor has a form in JSON: " + err.Error())
	}
	return s.n.Keyring.SealString(plain, cursorAAD(t, f, ascending))
}

func (s *Service) openCursor(t *tenants.Tenant, f Filter, ascending bool, text string) (rawsql.UserPosition, error) {
	var c cursor
	plain, err := s.n.Keyring.OpenString(text, cursorAAD(t, f, ascending))
	if err != nil || json.Unmarshal(plain, &c) != nil {
		return rawsql.UserPosition{}, ErrBadCursor
	}
	return rawsql.UserPosition(c), nil
}
