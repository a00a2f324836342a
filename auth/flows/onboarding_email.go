package flows

import (
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// onboardingEmail asks a person without an address for one. Spec: flow-login-registration §6.4.
func (f *Flows) onboardingEmail() state {
	return state{
		Actions: []action{
			{
				Name:        "email_address_set",
				Description: "Give an e-mail address.",
				Inputs: func(t *turn) []flow.Input {
					c := t.Env.config().Email
					return []flow.Input{
						flow.String("email").RequiredIf(!c.Optional).Max(c.MaxLength).Trim().Lowercase().Preserve(),
					}
				},
				Run:   f.setEmail,
				Leads: []stateName{flow.Queued, statePasscodeConfirmation},
			},
			skip("Go on without an e-mail address.", func(t *turn) bool { return t.Env.config().Email.Optional }),
		},
		Leave: f.storeAddress,
	}
}

func (f *Flows) setEmail(t *turn) (flow.Outcome, error) {
	address := t.Input("email")
	switch {
	case address == "":
		return flow.Reject("email", flow.ValueMissing), nil
	case !flow.IsEmail(address):
		return flow.Reject("email", flow.ValueInvalid), nil
	}
	owner, err := f.users.ByEmail(t.Context(), t.Env.Tenant, address)
	if err != nil {
		return nil, err
	}
	if !t.Env.config().Email.RequireVerification {
		if owner.Known() {
			return flow.Reject("email", flow.EmailAlreadyExists), nil
		}
		f.setAddress(t, address)
		return next(), nil
	}
	f.setAddress(t, address)
	t.Data.PasscodeTemplate = mail.TemplateVerification
	if owner.Known() {
		t.Data.PasscodeTemplate = mail.TemplateRegistrationAttempted
	}
	return flow.Continue(statePasscodeConfirmation), nil
}

// setAddress makes an address the one the flow works with. What was proven of another one does not count for it.
func (f *Flows) setAddress(t *turn, address string) {
	t.Data.Email = address
	t.Data.EmailVerified = false
	t.Data.CreateEmail = true
}
