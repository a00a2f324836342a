package flows

import (
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// registrationInit asks for the identifiers of a new account. Spec: flow-login-registration §10.6.
func (f *Flows) registrationInit() state {
	return state{
		Actions: []action{
			{
				Name:        "register_login_identifier",
				Description: "Choose how to be identified.",
				Offered: func(t *turn) bool {
					c := t.Env.config()
					return c.Account.AllowSignup && (asksEmail(c) || asksUsername(c))
				},
				Inputs: func(t *turn) []flow.Input {
					c := t.Env.config()
					var inputs []flow.Input
					if asksEmail(c) {
						inputs = append(inputs, flow.Email("email").RequiredIf(!c.Email.Optional).Max(c.Email.MaxLength).Trim().Lowercase())
					}
					if asksUsername(c) {
						inputs = append(inputs, usernameInput(c))
					}
					return inputs
				},
				Run: f.registerIdentifier,
				Leads: []stateName{
					statePasscodeConfirmation, statePasswordCreation, stateOnboardingPasskey, stateOnboardingChooser, stateMFAMethodChooser,
					stateThirdParty, stateSuccess,
				},
			},
			f.thirdPartyLogin(),
			rememberMe(stateRegistrationInit),
		},
	}
}

func asksEmail(c *config.Config) bool { return c.Email.Enabled && c.Email.AcquireOnRegistration }

func asksUsername(c *config.Config) bool {
	return c.Username.Enabled && c.Username.AcquireOnRegistration
}

func (f *Flows) registerIdentifier(t *turn) (flow.Outcome, error) {
	if refused := full(t); refused != nil {
		return refused, nil
	}
	c, d := t.Env.config(), t.Data
	d.Email, d.Username, d.EmailVerified = "", "", false
	if asksEmail(c) {
		d.Email = t.Input("email")
	}
	if asksUsername(c) {
		d.Username = t.Input("username")
	}
	if d.Email == "" && d.Username == "" {
		return rejectNothing(c), nil
	}
	if d.Username != "" {
		if !isUsername(d.Username) {
			return flow.Reject("username", flow.InvalidUsername), nil
		}
		owner, err := f.users.ByUsername(t.Context(), t.Env.Tenant, d.Username)
		if err != nil {
			return nil, err
		}
		if owner.Known() {
			return flow.Reject("username", flow.UsernameAlreadyExists), nil
		}
		d.HasUsername = true
	}
	if d.Email != "" {
		if elsewhere, err := f.leaveForSAML(t, d.Email); elsewhere != nil || err != nil {
			return elsewhere, err
		}
		owner, err := f.users.ByEmail(t.Context(), t.Env.Tenant, d.Email)
		if err != nil {
			return nil, err
		}
		if owner.Known() {
			return f.registerTakenAddress(t), nil
		}
		d.PasscodeTemplate = mail.TemplateVerification
	}
	d.UserID = uuid.Must(uuid.NewV7())
	states := registrationStates(t)
	if len(states) == 0 {
		f.scheduleMFACreation(t)
	}
	return flow.Continue(append(states, stateSuccess)...), nil
}

// rejectNothing answers that at least one identifier is needed.
func rejectNothing(c *config.Config) flow.Outcome {
	switch {
	case asksEmail(c) && asksUsername(c):
		return flow.Reject("email", flow.ValueInvalid).And("username", flow.ValueInvalid)
	case asksEmail(c):
		return flow.Reject("email", flow.ValueInvalid)
	default:
		return flow.Reject("username", flow.ValueInvalid)
	}
}

// registerTakenAddress goes on like a registration of a new address, but no account stands behind the flow and the mail says that the
// address has one already. Tenants that do not verify addresses, or chose to tell, tell.
func (f *Flows) registerTakenAddress(t *turn) flow.Outcome {
	c := t.Env.config()
	if !c.Email.RequireVerification || c.Privacy.ShowAccountExistenceHints {
		return flow.Reject("email", flow.EmailAlreadyExists)
	}
	t.Data.UserID = uuid.Nil
	t.Data.PasscodeTemplate = mail.TemplateRegistrationAttempted
	return flow.Continue(append(registrationStates(t), stateSuccess)...)
}

// registrationStates are what a registration asks for between the identifiers and success.
func registrationStates(t *turn) []stateName {
	var states []stateName
	if t.Data.Email != "" && t.Env.config().Email.RequireVerification {
		states = append(states, statePasscodeConfirmation)
	}
	return append(states, credentialsAtRegistration(t)...)
}
