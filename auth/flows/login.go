package flows

import (
	"time"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

// flowTTL is how long a person may take over a login or registration.
const flowTTL = 24 * time.Hour

// login leads from an identifier through a first factor to a session.
func (f *Flows) login() definition {
	return definition{
		Name:  "login",
		TTL:   flowTTL,
		Start: []stateName{statePreflight, stateLoginInit},
		States: map[stateName]state{
			statePreflight: f.preflight(),

			// The first factor.
			stateLoginInit:            f.loginInit(),
			stateLoginMethodChooser:   f.loginMethodChooser(),
			stateLoginPassword:        f.loginPassword(),
			statePasscodeConfirmation: f.passcodeConfirmation(f.storeAddress),

			// What is asked for afterwards.
			stateLoginRecovery:      f.loginPasswordRecovery(),
			stateOnboardingUsername: f.onboardingUsername(),
			stateOnboardingEmail:    f.onboardingEmail(),
			statePasswordCreation:   f.passwordCreation(f.storePassword),

			stateSuccess:    {Enter: f.loginSuccess},
			flow.StateError: {},
		},
		Groups: []group{{
			Name:   "credential_usage",
			States: []stateName{stateLoginInit, stateLoginMethodChooser, stateLoginPassword, statePasscodeConfirmation},
			Leave:  f.scheduleAfterFirstFactor,
		}},
		KeepOnBack: keepPasscode,
	}
}
