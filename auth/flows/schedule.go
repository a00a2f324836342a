package flows

// scheduleAfterFirstFactor decides, once in a login, what is asked of a person after she proved who she is. Spec: flow-login-registration §5.
func (f *Flows) scheduleAfterFirstFactor(t *turn) error {
	c, d := t.Env.config(), t.Data
	if d.Scheduled || !d.known() {
		return nil
	}
	d.Scheduled = true
	if d.RecoveryPending {
		t.Schedule(stateLoginRecovery)
	}
	if !d.HasUsername && c.Username.Enabled && c.Username.AcquireOnLogin {
		t.Schedule(stateOnboardingUsername)
	}
	if !d.HasEmails && c.Email.Enabled && c.Email.AcquireOnLogin {
		t.Schedule(stateOnboardingEmail)
	}
	if !d.RecoveryPending && !d.HasPassword && acquires(c.Password.Enabled, string(c.Password.AcquireOnLogin)) {
		t.Schedule(statePasswordCreation)
	}
	t.Schedule(stateSuccess)
	return nil
}

// acquires says whether a credential is asked for: "always" and "conditional" are one where there is no other kind to choose from.
func acquires(enabled bool, when string) bool { return enabled && when != "never" }
