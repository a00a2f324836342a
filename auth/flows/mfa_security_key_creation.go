package flows

import "github.com/latchkeep/latchkeep/auth/passkey"

// mfaSecurityKeyCreation offers to set up a security key as second factor. Spec: flow-login-registration §6.9.
func (f *Flows) mfaSecurityKeyCreation() state {
	return state{Actions: []action{
		f.generateCreationOptions(passkey.SecurityKey, "Set up a security key."),
		back,
	}}
}
