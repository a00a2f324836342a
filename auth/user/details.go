package user

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent/store"
	entuser "github.com/latchkeep/latchkeep/ent/user"
)

// Details are what a person is called and how she looks. Nil keeps what is there, an empty text clears it.
type Details struct{ Name, GivenName, FamilyName, Picture *string }

// SetDetails changes details of a person, and notes the time of the change. Errors: ErrNotFound where she is gone.
func (u *User) SetDetails(d Details) store.Write {
	for _, m := range []struct{ target, value *string }{
		{&u.Name, d.Name}, {&u.GivenName, d.GivenName}, {&u.FamilyName, d.FamilyName}, {&u.Picture, d.Picture},
	} {
		if m.value != nil {
			*m.target = *m.value
		}
	}
	u.UpdatedAt = now()
	id, at := u.ID, u.UpdatedAt
	return func(ctx context.Context, tx *store.Tx) error {
		changed, err := tx.User.Update().Where(entuser.ID(id)).
			SetNillableName(d.Name).SetNillableGivenName(d.GivenName).SetNillableFamilyName(d.FamilyName).SetNillablePicture(d.Picture).
			SetUpdatedAt(at).Save(ctx)
		if err != nil {
			return fmt.Errorf("store the details of a user: %w", err)
		}
		if changed == 0 {
			return ErrNotFound
		}
		return nil
	}
}
