package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// registration leads from identifiers through their proof and a credential to an account and a session. The account is created at the
// end, in one piece.
func (f *Flows) registration() definition {
	return definition{
		Name:  "registration",
		TTL:   flowTTL,
		Init:  func(t *turn) error { t.Data.Registration = true; return nil },
		Start: []stateName{statePreflight, stateRegistrationInit},
		States: map[stateName]state{
			statePreflight:            f.preflight(),
			stateRegistrationInit:     f.registrationInit(),
			statePasscodeConfirmation: f.passcodeConfirmation(nil),
			stateOnboardingChooser:    f.credentialOnboardingChooser(),
			stateOnboardingPasskey:    f.onboardingCreatePasskey(),
			stateVerifyAttestation:    f.onboardingVerifyAttestation(nil),
			statePasswordCreation:     f.passwordCreation(nil),
			stateMFAMethodChooser:     f.mfaMethodChooser(),
			stateMFAOTPSecret:         f.mfaOTPSecretCreation(nil),
			stateMFASecurityKey:       f.mfaSecurityKeyCreation(),
			stateSuccess:              {Enter: f.registrationSuccess},
			flow.StateError:           {},
		},
		Closed:     true,
		KeepOnBack: keepPasscode,
	}
}
