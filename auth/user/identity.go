package user

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/store"
)

// RemoveIdentity takes an account at a third party from a person. An address that came with it stays.
func (u *User) RemoveIdentity(id uuid.UUID) store.Write {
	u.Identities = slices.DeleteFunc(slices.Clone(u.Identities), func(i Identity) bool { return i.ID == id })
	userID := u.ID
	return func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Identity.Delete().Where(identity.ID(id), identity.UserID(userID)).Exec(ctx); err != nil {
			return fmt.Errorf("delete an identity: %w", err)
		}
		return nil
	}
}
