package user

import (
	"context"
	"fmt"
	"time"

	"github.com/latchkeep/latchkeep/ent/store"
	entuser "github.com/latchkeep/latchkeep/ent/user"
)

// Block keeps a person from signing in until Unblock. Her sessions must be ended in the same unit of work.
func (u *User) Block() store.Write {
	at := now()
	u.UpdatedAt = at
	u.BlockedAt = &at
	return u.setBlocked(&at)
}

// Unblock lets a person sign in again.
func (u *User) Unblock() store.Write {
	u.UpdatedAt = now()
	u.BlockedAt = nil
	return u.setBlocked(nil)
}

// setBlocked changes nothing where somebody else was quicker to delete her.
func (u *User) setBlocked(since *time.Time) store.Write {
	id, at := u.ID, u.UpdatedAt
	return func(ctx context.Context, tx *store.Tx) error {
		row := tx.User.Update().Where(entuser.ID(id)).SetUpdatedAt(at)
		if since == nil {
			row.ClearBlockedAt()
		} else {
			row.SetBlockedAt(*since)
		}
		changed, err := row.Save(ctx)
		if err != nil {
			return fmt.Errorf("block or unblock a user: %w", err)
		}
		if changed == 0 {
			return ErrNotFound
		}
		return nil
	}
}
