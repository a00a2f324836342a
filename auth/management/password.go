package management

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// What can be wrong with a password that a back end sets or looks for.
var (
	errPasswordNotFound = problem.NotFound("password_not_found", "the user has no password")
	errPasswordExists   = problem.Conflict("password_exists", "the user has a password already: replace it instead")
	errPasswordEmpty    = problem.Invalid("password_required", "the password must not be empty")
	errPasswordTooLong  = problem.Invalid("password_too_long", fmt.Sprintf("the password has more than %d bytes", password.MaxBytes))
)

// Password says that a person has a password, and since when. Errors: user_not_found, password_not_found.
func (s *Service) Password(ctx context.Context, t *tenants.Tenant, userID uuid.UUID) (*user.Secret, error) {
	u, err := s.n.Users.Brief(ctx, t, userID)
	if err != nil {
		return nil, err
	}
	if u.Password == nil {
		return nil, errPasswordNotFound
	}
	return u.Password, nil
}

// CreatePassword gives a password to a person who has none. The tenant's rules for passwords do not count: they are for people. Errors:
// user_not_found, password_exists, password_required, password_too_long; 503 where too many are being hashed. Spec: rest-admin §4.4.
func (s *Service) CreatePassword(ctx context.Context, t *tenants.Tenant, by Caller, userID uuid.UUID, plain string) (*user.Secret, error) {
	return s.setPassword(ctx, t, by, userID, plain, func(u *user.User) error {
		if u.Password != nil {
			return errPasswordExists
		}
		return nil
	}, event.PasswordCreated)
}

// ReplacePassword gives a person another password in place of the one she has. Errors: as for CreatePassword, and password_not_found.
func (s *Service) ReplacePassword(ctx context.Context, t *tenants.Tenant, by Caller, userID uuid.UUID, plain string) (*user.Secret, error) {
	return s.setPassword(ctx, t, by, userID, plain, func(u *user.User) error {
		if u.Password == nil {
			return errPasswordNotFound
		}
		return nil
	}, event.PasswordChanged)
}

// setPassword asks whether a password may be set before it spends a hash on it, and again at the change itself.
func (s *Service) setPassword(
	ctx context.Context, t *tenants.Tenant, by Caller, userID uuid.UUID, plain string, allowed func(*user.User) error, kind event.AuditType,
) (*user.Secret, error) {
	switch {
	case plain == "":
		return nil, errPasswordEmpty
	case len(plain) > password.MaxBytes:
		return nil, errPasswordTooLong
	}
	u, err := s.n.Users.Brief(ctx, t, userID)
	if err != nil {
		return nil, err
	}
	if err := allowed(u); err != nil {
		return nil, err
	}
	hash, err := s.n.Passwords.Hash(ctx, t, plain)
	if err != nil {
		return nil, err
	}
	err = s.revise(ctx, t, by, userID, "set a password", func(c *revision) error {
		if err := allowed(c.user); err != nil {
			return err
		}
		c.work.Do(password.Set(userID, hash))
		c.work.Do(devicetrust.Forget(userID))
		c.record(kind, map[string]any{"context": "admin"})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.Password(ctx, t, userID)
}

// DeletePassword takes the password from a person. Errors: user_not_found, password_not_found.
func (s *Service) DeletePassword(ctx context.Context, t *tenants.Tenant, by Caller, userID uuid.UUID) error {
	return s.revise(ctx, t, by, userID, "delete a password", func(c *revision) error {
		if c.user.Password == nil {
			return errPasswordNotFound
		}
		c.work.Do(password.Delete(userID))
		c.user.Password = nil
		c.record(event.PasswordDeleted, nil)
		return nil
	})
}
