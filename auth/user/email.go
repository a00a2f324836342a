package user

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/email"
	"github.com/latchkeep/latchkeep/ent/store"
)

// Email finds an address of hers by the id that clients send; anything that is no id of hers finds nil.
func (u *User) Email(id string) *Email {
	for i := range u.Emails {
		if u.Emails[i].ID.String() == id {
			return &u.Emails[i]
		}
	}
	return nil
}

// RemoveEmail takes an address, and the third-party identities that are bound to it, from a person.
func (u *User) RemoveEmail(id uuid.UUID) store.Write {
	kept := u.Emails[:0:0]
	for _, e := range u.Emails {
		if e.ID != id {
			kept = append(kept, e)
		}
	}
	identities := u.Identities[:0:0]
	for _, i := range u.Identities {
		if i.EmailID == nil || *i.EmailID != id {
			identities = append(identities, i)
		}
	}
	u.Emails, u.Identities = kept, identities
	userID := u.ID
	return func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Email.Delete().Where(email.ID(id), email.UserID(userID)).Exec(ctx); err != nil {
			return fmt.Errorf("delete address: %w", err)
		}
		return nil
	}
}

// MakePrimary makes an address of a person her primary one, in place of the one that was.
func (u *User) MakePrimary(id uuid.UUID) store.Write {
	u.Emails = slices.Clone(u.Emails)
	for i := range u.Emails {
		u.Emails[i].IsPrimary = u.Emails[i].ID == id
	}
	SortEmails(u.Emails)
	userID := u.ID
	return func(ctx context.Context, tx *store.Tx) error {
		// One after the other: she may have one primary address at any moment.
		if err := tx.Email.Update().Where(email.PrimaryOf(userID)).ClearPrimaryOf().Exec(ctx); err != nil {
			return fmt.Errorf("unmark the primary address: %w", err)
		}
		changed, err := tx.Email.Update().Where(email.ID(id), email.UserID(userID)).SetPrimaryOf(userID).Save(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("mark the primary address: %w", err)
		case changed == 0:
			return ErrOvertaken
		}
		return nil
	}
}
