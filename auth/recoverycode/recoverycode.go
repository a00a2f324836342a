// Package recoverycode makes and checks the codes that stand in for an authenticator app that was lost, each of them once.
//
// They go beyond the compatible protocol and are made only in tenants that say their client shows them (mfa.recovery_codes).
//
// The database keeps a hash of each code, bound to its tenant and person, sealed under the server's secret: a code is short enough to be
// written down, so a plain hash of it could be searched for. Sealed, it can be sealed anew under another secret and move with its person.
package recoverycode

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/recoverycode"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// Count is how many codes a person gets.
const Count = 10

// ErrUsed is the conflict with somebody who used the same code meanwhile, or replaced it.
var ErrUsed = problem.Conflict("recovery_code_already_used", "the recovery code was used meanwhile")

// A Room makes and checks codes.
type Room struct {
	store   *store.Store
	keyring *secret.Keyring
}

// NewRoom keeps codes in a store, as sealed hashes. Codes sealed under an older secret stay good.
func NewRoom(st *store.Store, keyring *secret.Keyring) *Room {
	return &Room{store: st, keyring: keyring}
}

// New draws codes for a person. They are shown to her once; what is stored are the hashes.
func (r *Room) New(t *tenants.Tenant, userID uuid.UUID) (codes []string, hashes [][]byte) {
	for range Count {
		code := draw()
		codes = append(codes, group(code))
		hashes = append(hashes, r.keyring.Seal(digest(t.ID, userID, code), SealedFor(t.ID, userID)))
	}
	return codes, hashes
}

// Replace gives a person codes in place of those she had, used ones included. Her row is locked first, so that replacing them in two places
// at once does not leave her both sets.
func Replace(userID uuid.UUID, hashes [][]byte) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Raw.LockUser(ctx, userID); err != nil {
			return fmt.Errorf("replace recovery codes: %w", err)
		}
		if err := Delete(userID)(ctx, tx); err != nil {
			return err
		}
		rows := make([]*ent.RecoveryCodeCreate, len(hashes))
		for i, hash := range hashes {
			rows[i] = tx.RecoveryCode.Create().SetUserID(userID).SetHash(hash)
		}
		if err := tx.RecoveryCode.CreateBulk(rows...).Exec(ctx); err != nil {
			return fmt.Errorf("store recovery codes: %w", err)
		}
		return nil
	}
}

// Delete takes a person's codes away. That she has none is no error.
func Delete(userID uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.RecoveryCode.Delete().Where(recoverycode.UserID(userID)).Exec(ctx); err != nil {
			return fmt.Errorf("delete recovery codes: %w", err)
		}
		return nil
	}
}

// Check compares a code with those of a person. The write uses the code up and must be committed for it to count; it is a conflict
// (ErrUsed) where it was used meanwhile. One statement, none where the text has not the form of a code. Which of her codes it is, or how
// much of it is right, does not show in the time.
func (r *Room) Check(ctx context.Context, t *tenants.Tenant, userID uuid.UUID, code string) (bool, store.Write, error) {
	plain, ok := normalise(code)
	if !ok {
		return false, nil, nil
	}
	rows, err := r.store.Reader().RecoveryCode.Query().
		Where(recoverycode.UserID(userID), recoverycode.UsedAtIsNil()).
		Select(recoverycode.FieldID, recoverycode.FieldHash).
		All(scope.With(ctx, scope.Tenant(t.ID)))
	if err != nil {
		return false, nil, fmt.Errorf("load recovery codes: %w", err)
	}
	found := uuid.Nil
	presented, sealedFor := digest(t.ID, userID, plain), SealedFor(t.ID, userID)
	for _, row := range rows {
		hash, err := r.keyring.Open(row.Hash, sealedFor)
		if err != nil {
			continue // its secret is gone, and so is the code
		}
		if subtle.ConstantTimeCompare(presented, hash) == 1 {
			found = row.ID
		}
	}
	if found == uuid.Nil {
		return false, nil, nil
	}
	return true, use(found), nil
}

// use marks a code. The condition, not what was read before, decides between two who use one code at once.
func use(id uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.RecoveryCode.Update().
			Where(recoverycode.ID(id), recoverycode.UsedAtIsNil()).
			SetUsedAt(time.Now().UTC().Truncate(time.Microsecond)).
			Save(ctx)
		if err == nil && n == 0 {
			err = ErrUsed
		}
		if err != nil {
			return fmt.Errorf("use recovery code: %w", err)
		}
		return nil
	}
}

// SealedFor is what the sealed hashes of a person's codes are bound to.
func SealedFor(tenant, user uuid.UUID) []byte {
	return append(append([]byte("recovery code "), tenant[:]...), user[:]...)
}

// digest binds a code to its tenant and person. The parts have fixed lengths, so none can pose as another.
func digest(tenant, user uuid.UUID, code string) []byte {
	h := sha256.New()
	h.Write(tenant[:])
	h.Write(user[:])
	h.Write([]byte(code))
	return h.Sum(nil)
}
