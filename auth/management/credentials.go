package management

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

var errCredentialNotFound = problem.NotFound("credential_not_found", "the user has no such credential")

// Credentials lists a person's passkeys and security keys, oldest first. Error: user_not_found.
func (s *Service) Credentials(ctx context.Context, t *tenants.Tenant, userID uuid.UUID) ([]user.Credential, error) {
	u, err := s.n.Users.Load(ctx, t, userID)
	if err != nil {
		return nil, err
	}
	return u.Credentials, nil
}

// Credential reads a passkey or security key by its id in base64url. Errors: user_not_found; credential_not_found, also for somebody else's.
func (s *Service) Credential(ctx context.Context, t *tenants.Tenant, userID uuid.UUID, id string) (*user.Credential, error) {
	u, err := s.n.Users.Load(ctx, t, userID)
	if err != nil {
		return nil, err
	}
	if c := u.Credential(id); c != nil {
		return c, nil
	}
	return nil, errCredentialNotFound
}

// DeleteCredential takes a passkey or security key from a person, the last one, too. Errors: user_not_found; credential_not_found, also for
// somebody else's.
func (s *Service) DeleteCredential(ctx context.Context, t *tenants.Tenant, by Caller, userID uuid.UUID, id string) error {
	err := s.revise(ctx, t, by, userID, "delete a credential", func(c *revision) error {
		credential := c.user.Credential(id)
		if credential == nil {
			return errCredentialNotFound
		}
		kind := event.PasskeyDeleted
		if credential.MFAOnly {
			kind = event.SecurityKeyDeleted
		}
		c.work.Do(passkey.Delete(userID, id))
		if credential.MFAOnly {
			c.work.Do(devicetrust.Forget(userID))
		}
		c.user.RemoveCredential(id)
		c.record(kind, map[string]any{"credential_id": id})
		return nil
	})
	if errors.Is(err, passkey.ErrGone) {
		err = errCredentialNotFound.Wrap(err)
	}
	return err
}
