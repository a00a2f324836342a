package user

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/email"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/tenants"
)

// An Account is what sign-in needs to know of the person behind an identifier. The zero Account is nobody.
type Account struct {
	UserID uuid.UUID
	// Email is her primary address, empty where she has none.
	Email    string
	Username string
	// What she can sign in with.
	HasPassword, HasPasskey, HasWebauthn, HasSecurityKey, HasTOTP bool
	Blocked                                                       bool
}

// Account is what sign-in needs to know of a person who was loaded.
func (u *User) Account() Account {
	a := Account{
		UserID: u.ID, Email: u.PrimaryAddress(),
		HasPassword: u.Password != nil, HasPasskey: u.HasPasskey(), HasWebauthn: len(u.Credentials) > 0,
		HasSecurityKey: u.HasSecurityKey(), HasTOTP: u.TOTP != nil, Blocked: u.BlockedAt != nil,
	}
	if u.Username != nil {
		a.Username = u.Username.Name
	}
	return a
}

// Known reports whether the account exists.
func (a Account) Known() bool { return a.UserID != uuid.Nil }

// ByEmail finds the owner of an address in one statement. Nobody is not an error.
func (d *Directory) ByEmail(ctx context.Context, t *tenants.Tenant, address string) (Account, error) {
	row, err := d.store.Raw().IdentifyByEmail(within(ctx, t), address)
	return account(row, err, "identify by address")
}

// ByUsername finds the bearer of a username in one statement. Nobody is not an error.
func (d *Directory) ByUsername(ctx context.Context, t *tenants.Tenant, name string) (Account, error) {
	row, err := d.store.Raw().IdentifyByUsername(within(ctx, t), name)
	return account(row, err, "identify by username")
}

// ByID reads the account of a person in one statement. Nobody is not an error.
func (d *Directory) ByID(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (Account, error) {
	row, err := d.store.Raw().IdentifyByID(within(ctx, t), id)
	return account(row, err, "identify by id")
}

func account(row *rawsql.Identity, err error, doing string) (Account, error) {
	if err != nil {
		return Account{}, fmt.Errorf("%s: %w", doing, err)
	}
	if row == nil {
		return Account{}, nil
	}
	return Account{
		UserID: row.UserID, Email: row.PrimaryEmail, Username: row.Username,
		HasPassword: row.HasPassword, HasPasskey: row.HasPasskey, HasWebauthn: row.HasWebauthn,
		HasSecurityKey: row.HasSecurityKey, HasTOTP: row.HasTOTP, Blocked: row.Blocked,
	}, nil
}

// An Owner is who has an address.
type Owner struct {
	Exists bool
	// UserID is nil where the address is stored and nobody has claimed it.
	UserID uuid.UUID
}

// OwnerOf finds whether an address is stored, and whose it is. One statement.
func (d *Directory) OwnerOf(ctx context.Context, t *tenants.Tenant, address string) (Owner, error) {
	row, err := d.store.Reader().Email.Query().Where(email.Address(address)).Only(within(ctx, t))
	switch {
	case ent.IsNotFound(err):
		return Owner{}, nil
	case err != nil:
		return Owner{}, fmt.Errorf("find the owner of an address: %w", err)
	case row.UserID == nil:
		return Owner{Exists: true}, nil
	}
	return Owner{Exists: true, UserID: *row.UserID}, nil
}
