package management

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/idempotency"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

// A NewUser is a person to be made.
type NewUser struct {
	// ID is the nil UUID where one is to be given.
	ID     uuid.UUID
	Emails []NewEmail
	// Username is stored as it is, but trimmed and in lower case, as it is looked up at sign-in. Empty is none.
	Username string
	// CreatedAt is nil for now.
	CreatedAt *time.Time
}

// A NewEmail is an address of a person to be made.
type NewEmail struct {
	Address               string
	IsPrimary, IsVerified bool
}

const (
	// maxText is how many characters a name may have.
	maxText = 255
	// maxUsername is how many bytes a username may have.
	maxUsername = 255
	// maxEmails is how many addresses a person may be made with: as many as one statement stores. The tenant's own limit is for people.
	maxEmails = 1000
)

// ErrFull is the answer where the tenant has as many people as it may.
var ErrFull = problem.Conflict("quota_exceeded", "the tenant has as many users as it may")

// Create makes a person; all of her, or nothing. No mail is sent to verify her addresses. Spec: rest-admin §3.2.
// Errors: a problem of kind invalid; user.ErrIDTaken, also by a person of another tenant; user.ErrEmailTaken; user.ErrUsernameTaken; ErrFull.
func (s *Service) Create(ctx context.Context, t *tenants.Tenant, by Caller, n NewUser) (user.AdminView, error) {
	u, err := n.user()
	if err != nil {
		return user.AdminView{}, err
	}
	if _, full := t.Quotas.Over(quota.Users, time.Now()); full {
		return user.AdminView{}, ErrFull
	}
	view := user.NewAdminView(t, u)
	if err := idempotency.Settle(ctx, view); err != nil {
		return user.AdminView{}, err
	}
	w := &auth.Work{}
	w.Do(user.Create(u))
	s.audit(t, w, by, event.UserCreated, u, nil)
	tell(t, w, event.UserCreate, u, view)
	return view, s.commit(ctx, t, w, "create user")
}

// user checks what was asked for, and makes it.
func (n NewUser) user() (*user.User, error) {
	if n.ID == uuid.Nil {
		n.ID = uuid.Must(uuid.NewV7())
	}
	u := user.New(n.ID)
	if name := strings.ToLower(strings.TrimSpace(n.Username)); name != "" {
		if len(name) > maxUsername || !storable(name, maxUsername) {
			return nil, invalid("username", "has more than 255 bytes or characters that cannot be stored")
		}
		u.SetUsername(name)
	}
	if err := n.addresses(u); err != nil {
		return nil, err
	}
	if u.Username == nil && len(u.Emails) == 0 {
		return nil, invalid("emails", "a user needs an address or a username")
	}
	if n.CreatedAt != nil {
		if year := n.CreatedAt.UTC().Year(); year < 1900 || year > 9999 {
			return nil, invalid("created_at", "is not a time that can be stored")
		}
		u.CreatedAt = n.CreatedAt.UTC().Truncate(time.Microsecond)
	}
	return u, nil
}

// addresses gives the person her addresses.
func (n NewUser) addresses(u *user.User) error {
	if len(n.Emails) > maxEmails {
		return invalid("emails", fmt.Sprintf("has more than %d addresses", maxEmails))
	}
	primary := 0
	for i, e := range n.Emails {
		where := fmt.Sprintf("emails[%d].address", i)
		address, err := user.ParseAddress(e.Address)
		if err != nil {
			return invalid(where, "is not an e-mail address")
		}
		if slices.ContainsFunc(n.Emails[:i], func(other NewEmail) bool { return other.Address == e.Address }) {
			return invalid(where, "occurs twice")
		}
		u.AddEmail(address, e.IsVerified)
		u.Emails[i].IsPrimary = e.IsPrimary
		if e.IsPrimary {
			primary++
		}
	}
	if len(n.Emails) > 0 && primary != 1 {
		return invalid("emails", "exactly one address must be primary")
	}
	user.SortEmails(u.Emails)
	return nil
}

// storable reports whether a text fits into the databases: so many characters, none of them NUL.
func storable(text string, most int) bool {
	return utf8.RuneCountInString(text) <= most && utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// invalid is a request with one thing wrong.
func invalid(path, reason string) *problem.Error {
	return problem.Invalid("invalid_user", "the user is not valid", problem.Field{Path: path, Reason: reason})
}
