package flows

import (
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// loginOTP asks for the code of an authenticator app as second factor. Spec: flow-login-registration §6.2, §11.2.
//
// Where the tenant makes recovery codes, one of them does as well, once.
func (f *Flows) loginOTP() state {
	return state{
		Actions: []action{
			{
				Name:        "otp_code_validate",
				Description: "Enter the code of the authenticator app.",
				Inputs:      flow.Inputs[Data, *Env](flow.String("otp_code").Required().Trim()),
				Run:         f.validateOTP,
			},
			leadTo(stateLoginSecurityKey, "continue_to_login_security_key", "Use a security key instead.", func(t *turn) bool {
				return t.Env.config().MFA.SecurityKeys.Enabled && t.Data.HasWebauthn && keyUsable(t)
			}),
		},
	}
}

func (f *Flows) validateOTP(t *turn) (flow.Outcome, error) {
	wait, err := f.limits.otp(t, t.Data.UserID)
	if err != nil {
		return nil, err
	}
	if wait.exceeded {
		return rateLimited(t, wait, "retry_after"), nil
	}
	code := t.Input("otp_code")
	if t.Env.config().MFA.RecoveryCodes.Enabled && recoverycode.Looks(code) {
		return f.useRecoveryCode(t, code)
	}
	verdict, write, err := f.totp.Check(t.Context(), t.Env.Tenant, t.Data.UserID, code, t.Now())
	if err != nil {
		return nil, err
	}
	switch verdict {
	case totp.Wrong:
		return f.refuseOTP(t, flow.PasscodeInvalid), nil // the one of two codes for this that every version of the clients has words for
	case totp.Used:
		return f.refuseOTP(t, flow.OTPCodeAlreadyUsed), nil
	}
	t.Env.Work.Do(write)
	t.Data.MFAMethod = methodTOTP
	return next(), nil
}

// useRecoveryCode lets a person in who has lost her app.
func (f *Flows) useRecoveryCode(t *turn, code string) (flow.Outcome, error) {
	ok, write, err := f.recovery.Check(t.Context(), t.Env.Tenant, t.Data.UserID, code)
	if err != nil {
		return nil, err
	}
	if !ok {
		return f.refuseOTP(t, flow.PasscodeInvalid), nil
	}
	t.Env.Work.Do(write)
	t.Data.MFAMethod = methodTOTP
	f.audit(t, event.RecoveryCodeUsed, t.Data.actor(), nil, "")
	return next(), nil
}

// refuseOTP records a wrong second factor: whoever gets that far has the first one.
func (f *Flows) refuseOTP(t *turn, code flow.InputCode) flow.Outcome {
	details := map[string]any{"login_method": t.Data.LoginMethod, "mfa_method": methodTOTP}
	f.audit(t, event.MFAFailure, t.Data.actor(), details, failure(code))
	return flow.Reject("otp_code", code)
}
