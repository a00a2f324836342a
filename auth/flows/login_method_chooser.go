package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// loginMethodChooser lets a person choose how to sign in. Spec: flow-login-registration §4.4.
func (f *Flows) loginMethodChooser() state {
	return state{
		Actions: []action{
			{
				Name:        "continue_to_password_login",
				Description: "Sign in with a password.",
				Offered: func(t *turn) bool {
					c := t.Env.config()
					return !onlyActual(t) || t.Data.HasPassword && c.Password.Enabled
				},
				Run: func(*turn) (flow.Outcome, error) { return flow.Continue(stateLoginPassword), nil },
			},
			{
				Name:        "continue_to_passcode_confirmation",
				Description: "Sign in with a code from a mail.",
				Offered:     func(t *turn) bool { return !onlyActual(t) || t.Data.HasEmails && mailLogin(t.Env.config()) },
				Run:         func(t *turn) (flow.Outcome, error) { return f.continueWithPasscode(t), nil },
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
