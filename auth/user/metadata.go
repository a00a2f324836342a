package user

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent/store"
)

// SetUnsafeMetadata replaces what a person may write about herself; an empty text clears it.
func (u *User) SetUnsafeMetadata(object string) store.Write {
	u.Metadata.Unsafe = object
	userID := u.ID
	return func(ctx context.Context, tx *store.Tx) error {
		row := tx.User.UpdateOneID(userID).SetUpdatedAt(u.UpdatedAt)
		if object == "" {
			row.ClearUnsafeMetadata()
		} else {
			row.SetUnsafeMetadata(object)
		}
		if err := row.Exec(ctx); err != nil {
			return fmt.Errorf("store metadata: %w", err)
		}
		return nil
	}
}
