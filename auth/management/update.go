package management

import (
	"context"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Value of a change: absent (the zero Value) keeps what is there, null clears it.
type Value struct {
	Given, Null bool
	Text        string
}

// A Change says what is to become of a person.
type Change struct {
	Username, Name, GivenName, FamilyName, Picture Value
}

var usernameForm = regexp.MustCompile(`^[a-z0-9_]+$`)

// ErrChanged is the answer to a change that named another version of the person than the one there is.
var ErrChanged = problem.PreconditionFailed("user_changed", "the user was changed meanwhile")

// Match is a condition for a change: the entity tags of which one must be that of the person as the back end sees her. The nil Match is
// no condition.
type Match func(etag string) bool

// Update changes a person. Without anything to change she stays as she is. Spec: rest-admin §3.2.
// Errors: a problem of kind invalid, user.ErrNotFound, user.ErrUsernameTaken, ErrChanged.
func (s *Service) Update(ctx context.Context, t *tenants.Tenant, by Caller, id uuid.UUID, c Change, when Match) (user.AdminView, error) {
	if err := c.check(); err != nil {
		return user.AdminView{}, err
	}
	u, err := s.matching(ctx, t, id, when)
	if err != nil {
		return user.AdminView{}, err
	}
	w := &auth.Work{}
	s.apply(t, w, by, u, c)
	if w.Empty() {
		return user.NewAdminView(t, u), nil
	}
	if when != nil {
		w.DoFirst(stillMatches(t, id, when))
	}
	return user.NewAdminView(t, u), s.commit(ctx, t, w, "change user")
}

// apply queues what a change takes. A username that stays the same is no change, a detail that is given always is.
func (s *Service) apply(t *tenants.Tenant, w *auth.Work, by Caller, u *user.User, c Change) {
	d := user.Details{}
	var given []string
	for _, m := range c.details(&d) {
		if m.value.Given {
			*m.target = &m.value.Text
			given = append(given, m.name)
		}
	}
	before := ""
	if u.Username != nil {
		before = u.Username.Name
	}
	renamed := c.Username.Given && c.Username.Text != before
	if len(given) == 0 && !renamed {
		return
	}
	w.Do(u.SetDetails(d))
	if len(given) > 0 {
		s.audit(t, w, by, event.UserUpdated, u, map[string]any{"changed": given})
	}
	switch {
	case !renamed:
	case c.Username.Null:
		w.Do(u.RemoveUsername())
		s.audit(t, w, by, event.UsernameDeleted, u, map[string]any{"username": before})
	default:
		if u.Username == nil {
			w.Do(u.NameFirst(c.Username.Text))
		} else {
			w.Do(u.Rename(c.Username.Text))
		}
		s.audit(t, w, by, event.UsernameChanged, u, map[string]any{"username": c.Username.Text})
	}
}

// Delete deletes a person with all she has. Her sessions end everywhere. Spec: rest-admin §3.2.
// Errors: user.ErrNotFound, ErrChanged.
func (s *Service) Delete(ctx context.Context, t *tenants.Tenant, by Caller, id uuid.UUID, when Match) error {
	u, err := s.matching(ctx, t, id, when)
	if err != nil {
		return err
	}
	w := &auth.Work{}
	if when != nil {
		w.Do(stillMatches(t, id, when))
	}
	s.delete(t, w, by, u)
	return s.commit(ctx, t, w, "delete user")
}

// delete queues what deleting a person takes.
func (s *Service) delete(t *tenants.Tenant, w *auth.Work, by Caller, u *user.User) {
	w.Do(s.n.Sessions.EndAll(u.ID))
	w.Do(user.Delete(u.ID))
	s.audit(t, w, by, event.UserDeleted, u, nil)
	tell(t, w, event.UserDelete, u, user.NewAdminView(t, u))
}

// matching loads a person and tells early that a condition does not hold.
func (s *Service) matching(ctx context.Context, t *tenants.Tenant, id uuid.UUID, when Match) (*user.User, error) {
	u, err := s.n.Users.Load(ctx, t, id)
	if err == nil && when != nil && !when(user.NewAdminView(t, u).ETag()) {
		err = ErrChanged
	}
	return u, err
}

// stillMatches makes what is queued after it fail unless the condition still holds. Nobody changes the person until the unit ends: her row
// is locked, and whatever refers to it waits.
func stillMatches(t *tenants.Tenant, id uuid.UUID, when Match) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Raw.LockUser(ctx, id); err != nil {
			return err
		}
		u, err := user.LoadIn(ctx, tx, id)
		if err == nil && !when(user.NewAdminView(t, u).ETag()) {
			err = ErrChanged
		}
		return err
	}
}

// member is a detail with the value that it is to get.
type member struct {
	name   string
	value  *Value
	target **string
}

func (c *Change) details(d *user.Details) []member {
	return []member{
		{"name", &c.Name, &d.Name}, {"given_name", &c.GivenName, &d.GivenName},
		{"family_name", &c.FamilyName, &d.FamilyName}, {"picture", &c.Picture, &d.Picture},
	}
}

// check brings the values into their form and refuses those that have none.
func (c *Change) check() error {
	for _, m := range append(c.details(&user.Details{}), member{"username", &c.Username, nil}) {
		if !m.value.Given || m.value.Null {
			continue
		}
		m.value.Text = strings.TrimSpace(m.value.Text)
		switch {
		case m.value.Text == "":
			return invalid(m.name, "is empty; null clears it")
		case m.name == "username":
			m.value.Text = strings.ToLower(m.value.Text)
			if !usernameForm.MatchString(m.value.Text) || len(m.value.Text) > maxUsername {
				return invalid(m.name, "may have letters, digits and underscores, at most 255")
			}
		case m.name == "picture":
			if !user.IsPicture(m.value.Text) {
				return invalid(m.name, "is not an absolute http(s) URL of at most 2048 bytes without credentials")
			}
		case !storable(m.value.Text, maxText):
			return invalid(m.name, "is too long or has characters that cannot be stored")
		}
	}
	return nil
}
