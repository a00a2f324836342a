package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// mfaMethodChooser lets a person choose a second factor to set up. Spec: flow-login-registration §6.9.
func (f *Flows) mfaMethodChooser() state {
	return state{
		Actions: []action{
			{
				Name:        "continue_to_otp_secret_creation",
				Description: "Set up an authenticator app.",
				Offered:     func(t *turn) bool { return t.Env.config().MFA.TOTP.Enabled },
				Run:         func(*turn) (flow.Outcome, error) { return flow.Continue(stateMFAOTPSecret), nil },
			},
			{
				Name:        "continue_to_security_key_creation",
				Description: "Set up a security key.",
				Offered:     canCreateKey,
				Run:         func(*turn) (flow.Outcome, error) { return flow.Continue(stateMFASecurityKey), nil },
			},
			{
				Name:        "skip",
				Description: "Go on without a second factor.",
				Offered:     func(t *turn) bool { return t.Env.config().MFA.Optional },
				Run:         func(*turn) (flow.Outcome, error) { return flow.Continue(), nil },
			},
			back,
		},
	}
}
