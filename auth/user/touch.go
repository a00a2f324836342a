package user

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/store"
	entuser "github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// ErrOvertaken is the answer to a change that was decided on what is no longer so.
var ErrOvertaken = problem.Conflict("overtaken", "the user was changed meanwhile, or was deleted")

// Touch makes every change queued after it fail with ErrOvertaken unless the person is still as she was loaded: of two changes that were
// each allowed for the sake of what the other takes away, one is refused. The time of her last change moves on, always, so that two clocks
// that agree too well cannot let both pass.
func (u *User) Touch() store.Write {
	id, loaded := u.ID, u.UpdatedAt
	at := now()
	if !at.After(loaded) {
		at = loaded.Add(time.Microsecond)
	}
	u.UpdatedAt = at
	return func(ctx context.Context, tx *store.Tx) error {
		changed, err := tx.User.Update().Where(entuser.ID(id), entuser.UpdatedAt(loaded)).SetUpdatedAt(at).Save(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("note a change of the user: %w", err)
		case changed == 0:
			return ErrOvertaken
		}
		return nil
	}
}

// Delete deletes a person with all she has. Her sessions must have been ended before, or replicas would go on accepting their tokens.
// Errors: ErrNotFound.
func Delete(userID uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		deleted, err := tx.User.Delete().Where(entuser.ID(userID)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete user: %w", err)
		}
		if deleted == 0 {
			return ErrNotFound
		}
		return nil
	}
}
