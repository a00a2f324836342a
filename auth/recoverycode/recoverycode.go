// Package recoverycode makes and checks the codes that stand in for an authenticator app that was lost, each of them once.
//
// They go beyond the compatible protocol and are made only in tenants that say their client shows them (mfa.recovery_codes).
package recoverycode

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// Count is how many codes a person gets.
const Count = 10

// A Room makes and checks codes.
type Room struct {
	store *store.Store
	keys  [][]byte
}

// NewRoom keeps codes in a store, as hashes under a key of the server.
func NewRoom(st *store.Store, keyring *secret.Keyring) *Room {
	return &Room{store: st, keys: keyring.DeriveAll("recovery code")}
}

var errNotBuilt = errors.New("recoverycode: not built")

// New draws codes for a person. They are shown to her once; what is stored are the hashes.
func (r *Room) New(t *tenants.Tenant, userID uuid.UUID) (codes []string, hashes [][]byte) {
	return nil, nil
}

// Looks reports whether a text has the form of a recovery code, which no code of an app has. Case, spaces and hyphens do not matter.
func Looks(code string) bool { return false }

// Replace gives a person codes in place of those she had.
func Replace(userID uuid.UUID, hashes [][]byte) store.Write {
	return func(context.Context, *store.Tx) error { return errNotBuilt }
}

// Delete takes a person's codes away.
func Delete(userID uuid.UUID) store.Write {
	return func(context.Context, *store.Tx) error { return errNotBuilt }
}

// Check compares a code with those of a person. The write uses the code up and must be committed for it to count; it is a conflict where
// it was used meanwhile. One statement.
func (r *Room) Check(ctx context.Context, t *tenants.Tenant, userID uuid.UUID, code string) (bool, store.Write, error) {
	return false, nil, errNotBuilt
}
