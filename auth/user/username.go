package user

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent/store"
)

// Rename gives a person another username in place of the one she has; its id stays. Errors: ErrUsernameTaken.
func (u *User) Rename(name string) store.Write {
	renamed := *u.Username
	renamed.Name, renamed.UpdatedAt = name, now()
	u.Username = &renamed
	userID := u.ID
	return func(ctx context.Context, tx *store.Tx) error {
		err := tx.User.UpdateOneID(userID).SetUsername(name).SetUsernameUpdatedAt(renamed.UpdatedAt).SetUpdatedAt(u.UpdatedAt).Exec(ctx)
		return taken(err, ErrUsernameTaken, "rename user")
	}
}

// RemoveUsername takes the username from a person.
func (u *User) RemoveUsername() store.Write {
	u.Username = nil
	userID := u.ID
	return func(ctx context.Context, tx *store.Tx) error {
		err := tx.User.UpdateOneID(userID).
			ClearUsername().ClearUsernameID().ClearUsernameCreatedAt().ClearUsernameUpdatedAt().SetUpdatedAt(u.UpdatedAt).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete username: %w", err)
		}
		return nil
	}
}
