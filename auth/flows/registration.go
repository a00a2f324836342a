package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// registration leads from identifiers through their proof and a credential to an account and a session. The account is created at the
// end, in one piece, unless a third party signs her in: then it exists from that moment on.
func (f *Flows) registration() definition {
	return definition{
		Name:  "registration",
		TTL:   flowTTL,
		Init:  func(t *turn) error { t.Data.Registration = true; return nil },
		Start: []stateName{statePreflight, stateRegistrationInit},
		States: map[stateName]state{
			statePreflight:            f.preflight(),
			stateRegistrationInit:     f.registrationInit(),
			stateThirdParty:           f.thirdParty(f.signInByThirdParty, thenDetails, back),
			statePasscodeConfirmation: f.passcodeConfirmation(ifExists(f.storeAddress)),
			stateOnboardingChooser:    f.credentialOnboardingChooser(),
			stateOnboardingPasskey:    f.onboardingCreatePasskey(),
			stateVerifyAttestation:    f.onboardingVerifyAttestation(ifExists(f.storeCredentials)),
			statePasswordCreation:     f.passwordCreation(ifExists(f.storePassword)),
			stateMFAMethodChooser:     f.mfaMethodChooser(),
			stateMFAOTPSecret:         f.mfaOTPSecretCreation(ifExists(f.storeTOTP)),
			stateMFASecurityKey:       f.mfaSecurityKeyCreation(),

			// What is asked of somebody whom a third party signed in.
			stateLoginOTP:           f.loginOTP(),
			stateLoginSecurityKey:   f.loginSecurityKey(),
			stateLoginPasskey:       f.loginPasskey(),
			stateOnboardingEmail:    f.onboardingEmail(),
			stateOnboardingUsername: f.onboardingUsername(),

			stateSuccess:    {Enter: f.registrationSuccess},
			flow.StateError: {},
		},
		Closed:     true,
		KeepOnBack: keepPasscode,
	}
}

// ifExists stores what a state brought about where the account exists: a third party signed her in. Otherwise it waits for the account.
func ifExists(store func(*turn) error) func(*turn) error {
	return func(t *turn) error {
		if !t.Data.Exists {
			return nil
		}
		t.Data.Enrolled = append(t.Data.Enrolled, enrolled(t.Data)...)
		return store(t)
	}
}
