// Package totp keeps the secrets of authenticator apps and checks their codes (RFC 6238). How codes are made is pkg/totp's business.
//
// A code is accepted once: the step it belongs to is remembered, and neither it nor an earlier one counts again.
package totp

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Verdict is what came of a code that somebody typed.
type Verdict int

// The verdicts.
const (
	// Wrong: not a code of hers just now, or she has no app.
	Wrong Verdict = iota
	// Used: the code, or a later one, was accepted before.
	Used
	// Right: the second factor is proven.
	Right
)

// A Room keeps secrets and checks codes.
type Room struct {
	store   *store.Store
	keyring *secret.Keyring
}

// NewRoom keeps secrets in a store, sealed.
func NewRoom(st *store.Store, keyring *secret.Keyring) *Room {
	return &Room{store: st, keyring: keyring}
}

var errNotBuilt = errors.New("totp: not built")

// Check compares a code with those of a person's app just now. The write, which must be committed for the code to count, makes it used;
// it is a conflict where the same code was used meanwhile. One statement.
func (r *Room) Check(ctx context.Context, t *tenants.Tenant, userID uuid.UUID, code string, now time.Time) (Verdict, store.Write, error) {
	return Wrong, nil, errNotBuilt
}

// Save gives a person a secret whose code of a step was just accepted. Its id is the row's, for the audit log. Errors: a conflict where she
// has one already.
func (r *Room) Save(t *tenants.Tenant, id, userID uuid.UUID, secret string, step int64) store.Write {
	return func(context.Context, *store.Tx) error { return errNotBuilt }
}

// Delete takes a person's secret away. One that is gone already is a conflict.
func Delete(userID uuid.UUID) store.Write {
	return func(context.Context, *store.Tx) error { return errNotBuilt }
}
