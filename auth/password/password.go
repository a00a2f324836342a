// Package password checks and changes the passwords of a tenant's people.
//
// It decides which hash is compared, so that an unknown person, one without a password and a wrong password all cost the same; how to
// hash is pkg/password's business. Hashing never happens while a transaction is open.
package password

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/passwordcredential"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/tenants"
)

// MaxBytes is the longest password that may be set. Longer ones could not have been moved from or to a system that uses bcrypt.
const MaxBytes = 72

// A Room checks and changes passwords.
type Room struct {
	store  *store.Store
	hasher *password.Hasher
}

// NewRoom keeps passwords in a store.
func NewRoom(st *store.Store, hasher *password.Hasher) *Room { return &Room{store: st, hasher: hasher} }

// A Verdict is what came of a password that somebody typed.
type Verdict struct {
	OK bool
	// Upgrade, where set, stores a fresh hash in place of one of an older kind; it may be committed with whatever else the sign-in writes.
	Upgrade store.Write
}

// Check compares a password with that of a person; a nil id is nobody. It costs one hash in every case: where there is nothing to compare
// with, a dummy of the dearest format that the tenant still holds is hashed.
func (r *Room) Check(ctx context.Context, t *tenants.Tenant, userID uuid.UUID, plain string) (Verdict, error) {
	fair := t.ID.String()
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	row, err := r.load(ctx, userID)
	if err != nil {
		return Verdict{}, err
	}
	dearest, err := r.dearest(ctx, t)
	if err != nil {
		return Verdict{}, err
	}
	if row == nil {
		return Verdict{}, r.hasher.Dummy(ctx, fair, dearest, plain)
	}
	result, err := r.hasher.Verify(ctx, fair, row.Hash, plain)
	if err != nil || !result.OK {
		return Verdict{}, err
	}
	verdict := Verdict{OK: true}
	if result.Rehash && len(plain) <= MaxBytes {
		hash, err := r.hasher.Hash(ctx, fair, plain)
		if err != nil {
			return Verdict{}, err
		}
		verdict.Upgrade = r.replace(row.ID, row.Hash, hash)
	}
	return verdict, nil
}

// Hash prepares a new password. The caller has checked its length.
func (r *Room) Hash(ctx context.Context, t *tenants.Tenant, plain string) (string, error) {
	return r.hasher.Hash(ctx, t.ID.String(), plain)
}

// Set gives a person a password, or another one. Her row is locked first: two first passwords at once would collide.
func Set(userID uuid.UUID, hash string) store.Write {
	format := int(password.FormatOf(hash))
	return func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Raw.LockUser(ctx, userID); err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		changed, err := tx.PasswordCredential.Update().
			Where(passwordcredential.UserID(userID)).
			SetHash(hash).SetFormat(format).
			Save(ctx)
		if err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		if changed > 0 {
			return nil
		}
		return Create(userID, hash)(ctx, tx)
	}
}

// Create gives a person who has none a password.
func Create(userID uuid.UUID, hash string) store.Write {
	format := int(password.FormatOf(hash))
	return func(ctx context.Context, tx *store.Tx) error {
		err := tx.PasswordCredential.Create().SetUserID(userID).SetHash(hash).SetFormat(format).Exec(ctx)
		if err != nil {
			return fmt.Errorf("store password: %w", err)
		}
		return nil
	}
}

// Delete takes the password from a person. One that is gone already is no error.
func Delete(userID uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.PasswordCredential.Delete().Where(passwordcredential.UserID(userID)).Exec(ctx); err != nil {
			return fmt.Errorf("delete password: %w", err)
		}
		return nil
	}
}

// replace upgrades a hash unless the password has changed meanwhile.
func (r *Room) replace(id uuid.UUID, old, hash string) store.Write {
	format := int(password.FormatOf(hash))
	return func(ctx context.Context, tx *store.Tx) error {
		err := tx.PasswordCredential.Update().
			Where(passwordcredential.ID(id), passwordcredential.HashEQ(old)).
			SetHash(hash).SetFormat(format).
			Exec(ctx)
		if err != nil {
			return fmt.Errorf("upgrade password hash: %w", err)
		}
		return nil
	}
}

func (r *Room) load(ctx context.Context, userID uuid.UUID) (*ent.PasswordCredential, error) {
	// Nobody is looked up like somebody: the statement is part of the cost.
	row, err := r.store.Reader().PasswordCredential.Query().Where(passwordcredential.UserID(userID)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("load password: %w", err)
	}
	return row, nil
}

// dearestKey names the memo of a tenant's dearest hash format.
type dearestKey struct{}

// dearest is the costliest hash format that people of the tenant still have. It is looked up once per snapshot and hour.
func (r *Room) dearest(ctx context.Context, t *tenants.Tenant) (password.Format, error) {
	memo, err := tenants.Memo(t, dearestKey{}, func() (*dearestMemo, error) { return &dearestMemo{}, nil })
	if err != nil {
		return 0, err
	}
	return memo.get(time.Now(), func() (password.Format, error) {
		row, err := r.store.Reader().PasswordCredential.Query().
			Order(ent.Desc(passwordcredential.FieldFormat)).
			Select(passwordcredential.FieldFormat).
			First(ctx)
		switch {
		case ent.IsNotFound(err):
			return password.Argon2id, nil
		case err != nil:
			return 0, fmt.Errorf("find the dearest password hash: %w", err)
		}
		return password.Format(row.Format), nil
	})
}
