package flows

// loginPasskey waits for what the browser's authenticator answers, be it a passkey or, as second factor, a security key. Its payload has
// request_options on entry only. Spec: flow-login-registration §4.7.
func (f *Flows) loginPasskey() state {
	return state{Actions: []action{
		f.verifyAssertion(func(t *turn) bool { return t.Data.WebauthnAvailable }),
		back,
	}}
}
