package flows

// mfaMethodChooser lets a person choose a second factor to set up. Spec: flow-login-registration §6.9.
func (f *Flows) mfaMethodChooser() state {
	return state{
		Actions: []action{
			leadTo(stateMFAOTPSecret, "continue_to_otp_secret_creation", "Set up an authenticator app.", func(t *turn) bool {
				return t.Env.config().MFA.TOTP.Enabled
			}),
			leadTo(stateMFASecurityKey, "continue_to_security_key_creation", "Set up a security key.", canCreateKey),
			skip("Go on without a second factor.", func(t *turn) bool { return t.Env.config().MFA.Optional }),
			back,
		},
	}
}
