package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// loginMethodChooser lets a person choose how to sign in. Spec: flow-login-registration §4.4.
func (f *Flows) loginMethodChooser() state {
	return state{
		Actions: []action{
			leadTo(stateLoginPassword, "continue_to_password_login", "Sign in with a password.", func(t *turn) bool {
				return !onlyActual(t) || t.Data.HasPassword && t.Env.config().Password.Enabled
			}),
			{
				Name:        "continue_to_passcode_confirmation",
				Description: "Sign in with a code from a mail.",
				Offered:     func(t *turn) bool { return !onlyActual(t) || t.Data.HasEmails && mailLogin(t.Env.config()) },
				Run:         func(t *turn) (flow.Outcome, error) { return f.continueWithPasscode(t), nil },
				Leads:       []stateName{statePasscodeConfirmation},
			},
			f.passkeyLogin(func(t *turn) bool {
				return passkeysWork(t) && (!onlyActual(t) || !t.Data.known() || t.Data.HasPasskey)
			}),
			back,
		},
	}
}

// onlyActual says whether only methods that the person has are shown.
func onlyActual(t *turn) bool { return t.Env.config().Privacy.OnlyShowActualLoginMethods }
