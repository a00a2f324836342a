package user

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent/store"
	entuser "github.com/latchkeep/latchkeep/ent/user"
)

// Rename gives a person another username in place of the one she has; its id stays. Errors: ErrUsernameTaken; ErrOvertaken where she lost it
// meanwhile.
func (u *User) Rename(name string) store.Write {
	renamed := *u.Username
	renamed.Name, renamed.UpdatedAt = name, now()
	u.Username = &renamed
	userID, at := u.ID, u.UpdatedAt
	return func(ctx context.Context, tx *store.Tx) error {
		changed, err := tx.User.Update().Where(entuser.ID(userID), entuser.UsernameID(renamed.ID)).
			SetUsername(name).SetUsernameUpdatedAt(renamed.UpdatedAt).SetUpdatedAt(at).Save(ctx)
		if err == nil && changed == 0 {
			return ErrOvertaken
		}
		return taken(err, ErrUsernameTaken, "rename user")
	}
}

// RemoveUsername takes the username from a person.
func (u *User) RemoveUsername() store.Write {
	u.Username = nil
	userID, at := u.ID, u.UpdatedAt
	return func(ctx context.Context, tx *store.Tx) error {
		err := tx.User.Update().Where(entuser.ID(userID)).
			ClearUsername().ClearUsernameID().ClearUsernameCreatedAt().ClearUsernameUpdatedAt().SetUpdatedAt(at).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete username: %w", err)
		}
		return nil
	}
}
