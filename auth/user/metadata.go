package user

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/store"
	entuser "github.com/latchkeep/latchkeep/ent/user"
)

// SetUnsafeMetadata replaces what a person may write about herself; an empty text clears it.
func (u *User) SetUnsafeMetadata(object string) store.Write {
	m := u.Metadata
	m.Unsafe = object
	return u.SetMetadata(m)
}

// SetMetadata replaces all that is said about a person; empty texts clear. She is found by what it says from then on.
func (u *User) SetMetadata(m Metadata) store.Write {
	u.Metadata = m
	userID, at := u.ID, u.UpdatedAt
	sync := SyncMetadata(userID, m)
	return func(ctx context.Context, tx *store.Tx) error {
		row := tx.User.Update().Where(entuser.ID(userID)).SetUpdatedAt(at)
		setOrClear(m.Public, row.SetPublicMetadata, row.ClearPublicMetadata)
		setOrClear(m.Private, row.SetPrivateMetadata, row.ClearPrivateMetadata)
		setOrClear(m.Unsafe, row.SetUnsafeMetadata, row.ClearUnsafeMetadata)
		if err := row.Exec(ctx); err != nil {
			return fmt.Errorf("store metadata: %w", err)
		}
		return sync(ctx, tx)
	}
}

func setOrClear(text string, set func(string) *ent.UserUpdate, clear func() *ent.UserUpdate) {
	if text == "" {
		clear()
	} else {
		set(text)
	}
}
