package user

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/email"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
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

// EmailByID finds an address of hers; nil where she has none of that id.
func (u *User) EmailByID(id uuid.UUID) *Email {
	for i := range u.Emails {
		if u.Emails[i].ID == id {
			return &u.Emails[i]
		}
	}
	return nil
}

// EmailsOf lists a person's addresses, oldest first; none for nobody. One statement.
func (d *Directory) EmailsOf(ctx context.Context, t *tenants.Tenant, userID uuid.UUID) ([]Email, error) {
	rows, err := d.store.Reader().Email.Query().Where(email.UserID(userID)).
		Order(ent.Asc(email.FieldCreatedAt, email.FieldID)).All(within(ctx, t))
	if err != nil {
		return nil, fmt.Errorf("list the addresses of user %s: %w", userID, err)
	}
	list := make([]Email, len(rows))
	for i, row := range rows {
		list[i] = emailFromRow(row)
	}
	return list, nil
}

// UnownedEmail finds an address that is stored and belongs to nobody; nil where there is none such. One statement.
func (d *Directory) UnownedEmail(ctx context.Context, t *tenants.Tenant, address string) (*Email, error) {
	row, err := d.store.Reader().Email.Query().Where(email.Address(address), email.UserIDIsNil()).Only(within(ctx, t))
	switch {
	case ent.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("find an unowned address: %w", err)
	}
	found := emailFromRow(row)
	return &found, nil
}

func emailFromRow(row *ent.Email) Email {
	return Email{
		ID: row.ID, Address: row.Address, IsVerified: row.IsVerified, IsPrimary: row.PrimaryOf != nil,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}

// ClaimEmail gives a person an address that belonged to nobody, verified or not, primary or not as it says. Error: ErrEmailTaken where somebody got it first,
// or it is gone.
func ClaimEmail(userID uuid.UUID, e Email) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		row := tx.Email.Update().Where(email.ID(e.ID), email.UserIDIsNil()).SetUserID(userID).SetIsVerified(e.IsVerified).SetUpdatedAt(e.UpdatedAt)
		if e.IsPrimary {
			row.SetPrimaryOf(userID)
		}
		claimed, err := row.Save(ctx)
		if err == nil && claimed == 0 {
			err = ErrEmailTaken
		}
		if err != nil {
			return fmt.Errorf("claim address: %w", err)
		}
		return nil
	}
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
