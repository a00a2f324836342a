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
			stateLoginPasskey:         f.loginPasskey(),
			stateThirdParty:           f.thirdParty(f.signInByThirdParty, thenDetails, back),
			statePasscodeConfirmation: f.passcodeConfirmation(f.storeAddress),

			// The second factor.
			stateLoginOTP:         f.loginOTP(),
			stateLoginSecurityKey: f.loginSecurityKey(),

			// What is asked for afterwards.
			stateLoginRecovery:      f.loginPasswordRecovery(),
			stateOnboardingUsername: f.onboardingUsername(),
			stateOnboardingEmail:    f.onboardingEmail(),
			stateOnboardingChooser:  f.credentialOnboardingChooser(),
			stateOnboardingPasskey:  f.onboardingCreatePasskey(),
			stateVerifyAttestation:  f.onboardingVerifyAttestation(f.storeCredentials),
			statePasswordCreation:   f.passwordCreation(f.storePassword),
			stateMFAMethodChooser:   f.mfaMethodChooser(),
			stateMFAOTPSecret:       f.mfaOTPSecretCreation(f.storeTOTP),
			stateMFASecurityKey:     f.mfaSecurityKeyCreation(),
			stateDeviceTrust:        f.deviceTrust(),

			stateSuccess:    {Enter: f.loginSuccess},
			flow.StateError: {},
		},
		Groups: []group{{
			Name: "credential_usage",
			States: []stateName{
				stateLoginInit, stateLoginMethodChooser, stateLoginPassword, stateLoginPasskey, statePasscodeConfirmation, stateLoginRecovery,
				stateThirdParty,
			},
			Leave: f.scheduleAfterFirstFactor,
			Leads: []stateName{
				stateLoginSecurityKey, stateLoginOTP, stateLoginRecovery, stateOnboardingUsername, stateOnboardingEmail,
				stateOnboardingChooser, stateOnboardingPasskey, statePasswordCreation, stateDeviceTrust, stateSuccess,
			},
		}},
		Closed:     true,
		KeepOnBack: keepPasscode,
	}
}
