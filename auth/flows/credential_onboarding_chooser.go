package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// credentialOnboardingChooser lets a person choose between a passkey and a password. Spec: flow-login-registration §6.5.
func (f *Flows) credentialOnboardingChooser() state {
	return state{
		Actions: []action{
			leadTo(stateOnboardingPasskey, "continue_to_passkey_registration", "Set up a passkey.", nil),
			leadTo(statePasswordCreation, "continue_to_password_registration", "Choose a password.", nil),
			{
				Name:        "skip",
				Description: "Go on without either.",
				Offered: func(t *turn) bool {
					c := t.Env.config()
					if t.Data.Registration && (!c.Email.UseForAuthentication || t.Data.Email == "") {
						return false
					}
					return c.Password.Optional || c.Passkey.Optional
				},
				Run: func(t *turn) (flow.Outcome, error) {
					f.scheduleMFACreation(t)
					return next(), nil
				},
				Leads: thenMFA,
			},
			back,
		},
	}
}
