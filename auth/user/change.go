package user

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/email"
	"github.com/latchkeep/latchkeep/ent/store"
	entuser "github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// The conflicts that a change can meet. Their codes are those of flow inputs, too.
var (
	ErrIDTaken       = problem.Conflict("user_already_exists", "a user with this id exists already")
	ErrEmailTaken    = problem.Conflict("email_already_exists", "the address belongs to an account")
	ErrUsernameTaken = problem.Conflict("username_already_exists", "the username belongs to an account")
)

// now is the time as the databases keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// New makes a person who is not stored yet.
func New(id uuid.UUID) *User {
	at := now()
	return &User{ID: id, CreatedAt: at, UpdatedAt: at}
}

// SetUsername names a person who is not stored yet.
func (u *User) SetUsername(name string) {
	u.Username = &Username{ID: uuid.Must(uuid.NewV7()), Name: name, CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt}
}

// AddEmail gives an address to a person who is not stored yet; the first becomes primary.
func (u *User) AddEmail(address string, verified bool) {
	u.Emails = append(u.Emails, Email{
		ID: uuid.Must(uuid.NewV7()), Address: address, IsVerified: verified, IsPrimary: len(u.Emails) == 0,
		CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
	})
}

// Create stores a new person with her username and addresses. Credentials are stored by their own rooms.
// Errors: ErrIDTaken, ErrEmailTaken, ErrUsernameTaken.
func Create(u *User) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		row := tx.User.Create().
			SetID(u.ID).SetName(u.Name).SetGivenName(u.GivenName).SetFamilyName(u.FamilyName).SetPicture(u.Picture).
			SetCreatedAt(u.CreatedAt).SetUpdatedAt(u.UpdatedAt)
		if n := u.Username; n != nil {
			row.SetUsername(n.Name).SetUsernameID(n.ID).SetUsernameCreatedAt(n.CreatedAt).SetUsernameUpdatedAt(n.UpdatedAt)
		}
		if err := row.Exec(ctx); err != nil {
			conflict := ErrUsernameTaken
			if store.ViolatedKey(err) == "PRIMARY" {
				conflict = ErrIDTaken
			}
			return taken(err, conflict, "create user")
		}
		if len(u.Emails) == 0 {
			return nil
		}
		rows := make([]*ent.EmailCreate, len(u.Emails))
		for i, e := range u.Emails {
			rows[i] = tx.Email.Create().SetID(e.ID).SetUserID(u.ID).SetAddress(e.Address).SetIsVerified(e.IsVerified).
				SetCreatedAt(e.CreatedAt).SetUpdatedAt(e.UpdatedAt)
			if e.IsPrimary {
				rows[i].SetPrimaryOf(u.ID)
			}
		}
		return taken(tx.Email.CreateBulk(rows...).Exec(ctx), ErrEmailTaken, "store addresses")
	}
}

// AddEmailTo stores a further address of a person who exists; it becomes primary where she has no other.
// Errors: ErrEmailTaken.
func AddEmailTo(userID uuid.UUID, e Email) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		row := tx.Email.Create().SetID(e.ID).SetUserID(userID).SetAddress(e.Address).SetIsVerified(e.IsVerified).
			SetCreatedAt(e.CreatedAt).SetUpdatedAt(e.UpdatedAt)
		if e.IsPrimary {
			row.SetPrimaryOf(userID)
		}
		return taken(row.Exec(ctx), ErrEmailTaken, "store address")
	}
}

// MarkVerified notes that a person proved to own an address of hers.
func MarkVerified(id uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Email.Update().Where(email.ID(id)).SetIsVerified(true).Exec(ctx); err != nil {
			return fmt.Errorf("mark address verified: %w", err)
		}
		return nil
	}
}

// errNamed is the answer where a person who was to get her first username has one by now, or is gone.
var errNamed = problem.Conflict("username_exists", "the user has a username already, or was deleted")

// StoreUsername names a person who exists and has no username. Errors: ErrUsernameTaken; a conflict where she got one meanwhile.
func StoreUsername(userID uuid.UUID, n Username) store.Write { return storeUsername(userID, n, nil) }

// NameFirst gives a person her first username; the time of her last change is that of the name. Errors: as of StoreUsername.
func (u *User) NameFirst(name string) store.Write {
	at := u.UpdatedAt
	u.Username = &Username{ID: uuid.Must(uuid.NewV7()), Name: name, CreatedAt: at, UpdatedAt: at}
	return storeUsername(u.ID, *u.Username, &at)
}

func storeUsername(userID uuid.UUID, n Username, at *time.Time) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		row := tx.User.UpdateOneID(userID).Where(entuser.UsernameIsNil()).
			SetUsername(n.Name).SetUsernameID(n.ID).SetUsernameCreatedAt(n.CreatedAt).SetUsernameUpdatedAt(n.UpdatedAt)
		if at != nil {
			row.SetUpdatedAt(*at)
		}
		err := row.Exec(ctx)
		if ent.IsNotFound(err) {
			err = errNamed
		}
		return taken(err, ErrUsernameTaken, "store username")
	}
}

// taken turns the violation of a uniqueness rule into the conflict that a person can understand.
func taken(err error, conflict *problem.Error, doing string) error {
	switch {
	case err == nil:
		return nil
	case store.IsUniqueViolation(err):
		return fmt.Errorf("%s: %w", doing, conflict)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}
