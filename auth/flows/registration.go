package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// registration leads from identifiers through their proof and a credential to an account and a session. The account is created at the
// end, in one piece.
func (f *Flows) registration() definition {
	return definition{
		Name:  "registration",
		TTL:   flowTTL,
		Start: []stateName{statePreflight, stateRegistrationInit},
		States: map[stateName]state{
			statePreflight:            f.preflight(),
			stateRegistrationInit:     f.registrationInit(),
			statePasscodeConfirmation: f.passcodeConfirmation(nil),
			statePasswordCreation:     f.passwordCreation(nil),
			stateSuccess:              {Enter: f.registrationSuccess},
			flow.StateError:           {},
		},
		KeepOnBack: keepPasscode,
	}
}
