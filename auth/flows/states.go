package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// The states, by the names that clients know.
const (
	statePreflight            stateName = "preflight"
	stateLoginInit            stateName = "login_init"
	stateLoginMethodChooser   stateName = "login_method_chooser"
	stateLoginPassword        stateName = "login_password"
	stateLoginRecovery        stateName = "login_password_recovery"
	stateLoginPasskey         stateName = "login_passkey"
	stateLoginOTP             stateName = "login_otp"
	stateLoginSecurityKey     stateName = "login_security_key"
	statePasscodeConfirmation stateName = "passcode_confirmation"
	stateOnboardingUsername   stateName = "onboarding_username"
	stateOnboardingEmail      stateName = "onboarding_email"
	stateOnboardingChooser    stateName = "credential_onboarding_chooser"
	stateOnboardingPasskey    stateName = "onboarding_create_passkey"
	stateVerifyAttestation    stateName = "onboarding_verify_passkey_attestation"
	statePasswordCreation     stateName = "password_creation"
	stateMFAMethodChooser     stateName = "mfa_method_chooser"
	stateMFAOTPSecret         stateName = "mfa_otp_secret_creation"
	stateMFASecurityKey       stateName = "mfa_security_key_creation"
	stateDeviceTrust          stateName = "device_trust"
	stateRegistrationInit     stateName = "registration_init"
	stateThirdParty           stateName = "thirdparty"
	stateSuccess              stateName = "success"
	stateProfileInit          stateName = "profile_init"
	stateVerifyCredential     stateName = "webauthn_credential_verification"
	stateAccountDeleted       stateName = "account_deleted"
)

// back undoes the last step, in the states that define it.
var back = flow.BackAction[Data, *Env]()

// leadTo is an action that leads to a state and does nothing else.
func leadTo(to stateName, name, description string, offered func(*turn) bool) action {
	return action{
		Name: name, Description: description, Offered: offered, Leads: []stateName{to},
		Run: func(*turn) (flow.Outcome, error) { return flow.Continue(to), nil },
	}
}

// skip is the action that goes on without what a state asks for.
func skip(description string, offered func(*turn) bool) action {
	return action{
		Name: "skip", Description: description, Offered: offered,
		Run: func(*turn) (flow.Outcome, error) { return flow.Continue(), nil },
	}
}

// thenMFA are where actions lead that go on with the queue, and may put the choice of a second factor in front of it.
var thenMFA = []stateName{flow.Queued, stateMFAMethodChooser}

// next is the way on to whatever is queued next, which cannot be undone.
func next() flow.Outcome { return flow.Continue().NonRevertible() }
