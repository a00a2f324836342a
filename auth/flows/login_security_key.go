package flows

import (
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// loginSecurityKey asks for a security key as second factor. Any other credential of hers does as well. Spec: flow-login-registration §6.1.
func (f *Flows) loginSecurityKey() state {
	return state{
		Actions: []action{
			{
				Name:        "webauthn_generate_request_options",
				Description: "Use a security key.",
				Offered:     func(t *turn) bool { return t.Data.WebauthnAvailable },
				Run: func(t *turn) (flow.Outcome, error) {
					if err := f.askForOwn(t, passkey.SecurityKey); err != nil {
						return nil, err
					}
					return flow.Continue(stateLoginPasskey), nil
				},
				Leads: []stateName{stateLoginPasskey},
			},
			leadTo(stateLoginOTP, "continue_to_login_otp", "Use the code of an authenticator app instead.", func(t *turn) bool {
				return t.Env.config().MFA.TOTP.Enabled && t.Data.HasTOTP
			}),
		},
	}
}
