package management

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

var errOTPNotFound = problem.NotFound("otp_not_found", "the user has no authenticator app")

// OTP says that a person has an authenticator app, and since when. Errors: user_not_found, otp_not_found.
func (s *Service) OTP(ctx context.Context, t *tenants.Tenant, userID uuid.UUID) (*user.Secret, error) {
	u, err := s.n.Users.Brief(ctx, t, userID)
	if err != nil {
		return nil, err
	}
	if u.TOTP == nil {
		return nil, errOTPNotFound
	}
	return u.TOTP, nil
}

// DeleteOTP takes the authenticator app from a person, with the recovery codes that stand in for it. Errors: user_not_found, otp_not_found.
func (s *Service) DeleteOTP(ctx context.Context, t *tenants.Tenant, by Caller, userID uuid.UUID) error {
	err := s.revise(ctx, t, by, userID, "delete an authenticator app", func(c *revision) error {
		if c.user.TOTP == nil {
			return errOTPNotFound
		}
		id := c.user.TOTP.ID
		c.work.Do(totp.Delete(userID))
		c.work.Do(recoverycode.Delete(userID))
		c.work.Do(devicetrust.Forget(userID))
		c.user.TOTP = nil
		c.record(event.OTPDeleted, map[string]any{"otp_secret": id.String()})
		return nil
	})
	if errors.Is(err, totp.ErrGone) {
		err = errOTPNotFound.Wrap(err)
	}
	return err
}
