// Package devicetrust spares a person the second factor on a device that she, or her tenant, chose to trust.
//
// The device keeps a cookie with one token for each person who uses it; the database keeps the hashes. Spec: flow-login-registration §13,
// data-model (cookie).
package devicetrust

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Room knows which devices are trusted.
type Room struct{ store *store.Store }

// NewRoom keeps trust in a store.
func NewRoom(st *store.Store) *Room { return &Room{store: st} }

var errNotBuilt = errors.New("devicetrust: not built")

// Trusts reports whether the device with that cookie is trusted for a person. One statement, none where the cookie does not name her or
// the tenant trusts no device.
func (r *Room) Trusts(ctx context.Context, t *tenants.Tenant, userID uuid.UUID, cookie string, now time.Time) (bool, error) {
	return false, errNotBuilt
}

// A Grant is trust that is about to be given.
type Grant struct {
	// Cookie goes to the device.
	Cookie *http.Cookie
	// Save stores the trust.
	Save store.Write
}

// Grant makes the device with that cookie trusted for a person, beside the others who use it. It is nil where the tenant's duration is none.
func (r *Room) Grant(t *tenants.Tenant, userID uuid.UUID, cookie string, now time.Time) (*Grant, error) {
	return nil, errNotBuilt
}
