package user

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent/store"
	entuser "github.com/latchkeep/latchkeep/ent/user"
)

// SetUnsafeMetadata replaces what a person may write about herself; an empty text clears it. She is found by what it says from then on.
func (u *User) SetUnsafeMetadata(object string) store.Write {
	u.Metadata.Unsafe = object
	userID, at := u.ID, u.UpdatedAt
	sync := SyncMetadata(userID, u.Metadata)
	return func(ctx context.Context, tx *store.Tx) error {
		row := tx.User.Update().Where(entuser.ID(userID)).SetUpdatedAt(at)
		if object == "" {
			row.ClearUnsafeMetadata()
		} else {
			row.SetUnsafeMetadata(object)
		}
		if err := row.Exec(ctx); err != nil {
			return fmt.Errorf("store metadata: %w", err)
		}
		return sync(ctx, tx)
	}
}
