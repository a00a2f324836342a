package flows

import (
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// onboardingCreatePasskey offers to set up a passkey. Spec: flow-login-registration §6.6.
func (f *Flows) onboardingCreatePasskey() state {
	return state{
		Actions: []action{
			f.generateCreationOptions(passkey.Passkey, "Set up a passkey."),
			{
				Name:        "skip",
				Description: "Go on without a passkey.",
				Offered:     canSkipPasskey,
				Run:         f.skipPasskey,
				Leads:       []stateName{flow.Queued, statePasswordCreation, stateMFAMethodChooser},
			},
			back,
		},
	}
}

// generateCreationOptions is the action that makes the browser ask its authenticator for a credential.
func (f *Flows) generateCreationOptions(k passkey.Kind, description string) action {
	return action{
		Name:        "webauthn_generate_creation_options",
		Description: description,
		Offered:     func(t *turn) bool { return t.Data.WebauthnAvailable },
		Run: func(t *turn) (flow.Outcome, error) {
			if t.Data.Email == "" && t.Data.Username == "" {
				return flow.Fail(flow.FlowDiscontinuity), nil // authenticators could not show whose credential it is
			}
			if err := f.askToCreate(t, k); err != nil {
				return nil, err
			}
			return flow.Continue(stateVerifyAttestation), nil
		},
		Leads: []stateName{stateVerifyAttestation},
	}
}

// canSkipPasskey says whether a person can do without a passkey: she may, and another way to sign in is left.
func canSkipPasskey(t *turn) bool {
	if !t.Env.config().Passkey.Optional {
		return false
	}
	switch t.Previous() {
	case stateOnboardingChooser:
		return false
	case statePasswordCreation:
		return t.Data.HasPassword || canMail(t)
	case statePasscodeConfirmation, stateRegistrationInit:
		return !acquiresPassword(t, config.AcquireNever) || canMail(t)
	}
	return true
}

// skipPasskey goes on without a passkey, to a password where the tenant wants one of the two.
func (f *Flows) skipPasskey(t *turn) (flow.Outcome, error) {
	if acquiresPassword(t, config.AcquireConditional) && !t.Data.HasPassword {
		return flow.Continue(statePasswordCreation), nil
	}
	f.scheduleMFACreation(t)
	return flow.Continue(), nil
}
