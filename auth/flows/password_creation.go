package flows

import (
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// passwordCreation asks for a first password. Spec: flow-login-registration §6.8.
//
// A login stores it on leaving; a registration when the account is created. leave does the former.
func (f *Flows) passwordCreation(leave func(*turn) error) state {
	return state{
		Actions: []action{
			{
				Name:        "register_password",
				Description: "Choose a password.",
				Inputs: func(t *turn) []flow.Input {
					c := t.Env.config().Password
					return []flow.Input{flow.Password("new_password").RequiredIf(!c.Optional).Min(c.MinLength).Unchecked()}
				},
				Run:   f.registerPassword,
				Leads: thenMFA,
			},
			{
				Name:        "skip",
				Description: "Go on without a password.",
				Offered:     canSkipPassword,
				Run:         f.skipPassword,
				Leads:       []stateName{flow.Queued, stateOnboardingPasskey, stateMFAMethodChooser},
			},
			back,
		},
		Leave: leave,
	}
}

// canSkipPassword says whether a person can do without a password: she may, and another way to sign in is left.
func canSkipPassword(t *turn) bool {
	if !t.Env.config().Password.Optional {
		return false
	}
	switch t.Previous() {
	case stateOnboardingChooser:
		return false
	case stateOnboardingPasskey:
		return t.Data.HasWebauthn || canMail(t)
	case statePasscodeConfirmation, stateRegistrationInit:
		return !acquiresPasskey(t, config.AcquireNever) || canMail(t)
	}
	return true
}

// skipPassword goes on without a password, to a passkey where the tenant wants one of the two.
func (f *Flows) skipPassword(t *turn) (flow.Outcome, error) {
	if acquiresPasskey(t, config.AcquireConditional) && !t.Data.HasWebauthn && t.Data.WebauthnAvailable {
		return flow.Continue(stateOnboardingPasskey), nil
	}
	f.scheduleMFACreation(t)
	return flow.Continue(), nil
}

func (f *Flows) registerPassword(t *turn) (flow.Outcome, error) {
	plain := t.Input("new_password")
	switch {
	case tooShort(plain, t.Env.config()), tooCommon(plain, t.Env.config()):
		return flow.Reject("new_password", flow.ValueInvalid), nil
	case len(plain) > password.MaxBytes:
		return flow.Reject("new_password", flow.ValueTooLong), nil
	}
	hash, err := f.passwords.Hash(t.Context(), t.Env.Tenant, plain)
	if err != nil {
		return nil, err
	}
	t.Data.NewPasswordHash = hash
	t.Data.HasPassword = true
	f.scheduleMFACreation(t)
	return next(), nil
}

// tooShort counts characters; the input's own rule counts bytes.
func tooShort(plain string, c *config.Config) bool {
	return plain == "" || utf8.RuneCountInString(plain) < c.Password.MinLength
}

// storePassword gives the person of a login the password she chose.
func (f *Flows) storePassword(t *turn) error {
	if t.Data.NewPasswordHash == "" {
		return nil
	}
	t.Env.Work.Do(password.Set(t.Data.UserID, t.Data.NewPasswordHash))
	t.Data.NewPasswordHash = ""
	f.audit(t, event.PasswordCreated, t.Data.actor(), nil, "")
	return nil
}
