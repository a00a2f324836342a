package management

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// What can be wrong with a change of addresses. An address that is taken is 400 here, as compatible clients know it.
var (
	errEmailNotFound = problem.NotFound("email_not_found", "the user has no such address")
	errEmailLimit    = problem.Conflict("email_limit_reached", "the user has as many addresses as the tenant allows")
	errEmailTaken    = problem.Invalid("email_already_exists", "the address belongs to an account")
	errEmailPrimary  = problem.Conflict("email_is_primary", "the primary address cannot be deleted: make another one primary first")
)

// Emails lists a person's addresses, oldest first; none for nobody.
func (s *Service) Emails(ctx context.Context, t *tenants.Tenant, userID uuid.UUID) ([]user.Email, error) {
	return s.n.Users.EmailsOf(ctx, t, userID)
}

// Email reads an address of a person. Error: email_not_found, also where the person does not exist.
func (s *Service) Email(ctx context.Context, t *tenants.Tenant, userID, id uuid.UUID) (*user.Email, error) {
	list, err := s.n.Users.EmailsOf(ctx, t, userID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].ID == id {
			return &list[i], nil
		}
	}
	return nil, errEmailNotFound
}

// AddEmail gives a person an address: a new one, or one that is stored and belongs to nobody, which stays as verified as it was. It becomes
// primary where she had none at all. Errors: user_not_found, invalid_email, email_limit_reached, email_already_exists. Spec: rest-admin §4.1.
func (s *Service) AddEmail(ctx context.Context, t *tenants.Tenant, by Caller, userID uuid.UUID, text string, verified bool) (*user.Email, error) {
	address, err := user.ParseAddress(text)
	if err != nil {
		return nil, err
	}
	var added user.Email
	err = s.revise(ctx, t, by, userID, "add an address", func(c *revision) error {
		if len(c.user.Emails) >= t.Config.Email.Limit {
			return errEmailLimit
		}
		at := time.Now().UTC().Truncate(time.Microsecond)
		added = user.Email{ID: uuid.Must(uuid.NewV7()), Address: address, IsVerified: verified, CreatedAt: at, UpdatedAt: at}
		unowned, err := c.claim(ctx, &added)
		if err != nil {
			return err
		}
		added.IsPrimary = len(c.user.Emails) == 0
		if unowned {
			c.work.Do(user.ClaimEmail(c.user.ID, added))
		} else {
			c.work.Do(user.AddEmailTo(c.user.ID, added))
		}
		c.user.Emails = append(c.user.Emails, added)
		c.record(event.EmailCreated, map[string]any{"email": address})
		c.tell(event.UserEmailCreate)
		return nil
	})
	if errors.Is(err, user.ErrEmailTaken) {
		err = errEmailTaken.Wrap(err)
	}
	if err != nil {
		return nil, err
	}
	return &added, nil
}

// claim looks at what is stored of an address. What belongs to nobody is filled in. Error: email_already_exists.
func (c *revision) claim(ctx context.Context, e *user.Email) (unowned bool, err error) {
	owner, err := c.s.n.Users.OwnerOf(ctx, c.t, e.Address)
	switch {
	case err != nil:
		return false, err
	case !owner.Exists:
		return false, nil
	case owner.UserID != uuid.Nil:
		return false, errEmailTaken
	}
	found, err := c.s.n.Users.UnownedEmail(ctx, c.t, e.Address)
	if err != nil || found == nil { // it went meanwhile: storing it anew will tell
		return false, err
	}
	found.UpdatedAt = e.UpdatedAt
	*e = *found
	return true, nil
}

// DeleteEmail takes an address from a person, with the identities that are bound to it. Errors: user_not_found, email_not_found,
// email_is_primary.
func (s *Service) DeleteEmail(ctx context.Context, t *tenants.Tenant, by Caller, userID, id uuid.UUID) error {
	return s.revise(ctx, t, by, userID, "delete an address", func(c *revision) error {
		e := c.user.EmailByID(id)
		switch {
		case e == nil:
			return errEmailNotFound
		case e.IsPrimary:
			return errEmailPrimary
		}
		address := e.Address
		c.work.Do(c.user.RemoveEmail(id))
		c.record(event.EmailDeleted, map[string]any{"email": address})
		c.tell(event.UserEmailDelete)
		return nil
	})
}

// SetPrimaryEmail makes an address of a person her primary one, verified or not. One that is primary stays so, and nobody is told. Errors:
// user_not_found, email_not_found.
func (s *Service) SetPrimaryEmail(ctx context.Context, t *tenants.Tenant, by Caller, userID, id uuid.UUID) error {
	return s.revise(ctx, t, by, userID, "set the primary address", func(c *revision) error {
		e := c.user.EmailByID(id)
		switch {
		case e == nil:
			return errEmailNotFound
		case e.IsPrimary:
			return nil
		}
		address := e.Address
		c.work.Do(c.user.MakePrimary(id))
		c.record(event.PrimaryEmailChanged, map[string]any{"email": address})
		c.tell(event.UserEmailPrimary)
		return nil
	})
}
