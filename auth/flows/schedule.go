package flows

import (
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// scheduleAfterFirstFactor decides, once in a login, what is asked of a person after she proved who she is. Spec: flow-login-registration §5.
func (f *Flows) scheduleAfterFirstFactor(t *turn) error {
	c, d := t.Env.config(), t.Data
	if d.Scheduled || !d.known() {
		return nil
	}
	d.Scheduled = true
	if err := f.lookAgain(t); err != nil || t.Failed() {
		return err
	}
	trusted, err := f.trustedDevice(t)
	if err != nil {
		return err
	}
	if !trusted {
		t.Schedule(secondFactor(t)...)
	}
	if d.RecoveryPending {
		t.Schedule(stateLoginRecovery)
	}
	if !d.HasUsername && c.Username.Enabled && d.acquires(c.Username.AcquireOnLogin, c.Username.AcquireOnRegistration) {
		t.Schedule(stateOnboardingUsername)
	}
	if !d.HasEmails && c.Email.Enabled && d.acquires(c.Email.AcquireOnLogin, c.Email.AcquireOnRegistration) {
		t.Schedule(stateOnboardingEmail)
	}
	t.Schedule(credentialsAtLogin(t)...)
	if asksForTrust(t) && !trusted {
		t.Schedule(stateDeviceTrust)
	}
	t.Schedule(stateSuccess)
	return nil
}

// acquires says whether a setting asks for something: the one for new people, or the one for those who were here before.
func (d *Data) acquires(onLogin, onRegistration bool) bool {
	if d.NewUser {
		return onRegistration
	}
	return onLogin
}

// lookAgain brings what is known of the person up to date: a login may wait for a day between her name and her proof, and meanwhile she may
// have set up a second factor, or given up the address that the proof came from.
func (f *Flows) lookAgain(t *turn) error {
	u, err := f.user(t)
	if gone(err) {
		t.Abort(flow.NotPermitted)
		return nil
	}
	if err != nil {
		return err
	}
	d := t.Data
	if d.EmailVerified && find(u.Emails, d.Email) == nil {
		t.Abort(flow.NotPermitted)
		return nil
	}
	proven := d.HasEmails
	d.adopt(u.Account())
	d.HasEmails = d.HasEmails || proven
	return nil
}

// needsSecondFactor says whether the first factor alone does not do. A passkey is two factors in one; a third party answers for its own
// sign-in, unless the tenant trusts only itself.
func needsSecondFactor(t *turn) bool {
	c := t.Env.config().MFA
	switch t.Data.LoginMethod {
	case methodPasskey:
		return false
	case methodThirdParty:
		return c.Enabled && c.ThirdParty
	}
	return c.Enabled
}

// trustedDevice reports whether the second factor may be left out on this device.
func (f *Flows) trustedDevice(t *turn) (bool, error) {
	if !needsSecondFactor(t) || !t.Data.HasSecurityKey && !t.Data.HasTOTP {
		return false, nil
	}
	return f.devices.Trusts(t.Context(), t.Env.Tenant, t.Data.UserID, t.Env.Client.DeviceTrust, t.Now())
}

// secondFactor is the state that asks for the second factor she has. With a key that this device cannot use and nothing else, the flow ends.
// Spec: flow-login-registration §5.1.
func secondFactor(t *turn) []stateName {
	c, d := t.Env.config().MFA, t.Data
	key, app := c.SecurityKeys.Enabled && d.HasSecurityKey, c.TOTP.Enabled && d.HasTOTP
	switch {
	case !needsSecondFactor(t):
	case key && keyUsable(t) && (d.WebauthnAvailable || app):
		return []stateName{stateLoginSecurityKey}
	case app:
		return []stateName{stateLoginOTP}
	case key:
		t.Abort(flow.PlatformAuthenticatorRequired)
	}
	return nil
}

// asksForTrust says whether she is asked to trust the device that she used a second factor on. Spec: flow-login-registration §5.3.
func asksForTrust(t *turn) bool {
	c, d := t.Env.config().MFA, t.Data
	return needsSecondFactor(t) && c.DeviceTrustPolicy == config.TrustPrompt && (d.HasSecurityKey || d.HasTOTP)
}

// scheduleMFACreation puts the choice of a second factor in front of what is yet to come, where the tenant wants her to have one and she
// has none. A tenant that insists on one which this device cannot make ends the flow. Spec: flow-login-registration §7.
func (f *Flows) scheduleMFACreation(t *turn) {
	c, d := t.Env.config(), t.Data
	if d.Profile || d.Exchange || t.Queued(statePasswordCreation) || d.RecoveryPending || t.Visited(stateMFAMethodChooser) {
		return
	}
	asked := c.MFA.AcquireOnLogin
	if d.Registration {
		asked = c.MFA.AcquireOnRegistration
	}
	if !c.MFA.Enabled || !asked || !c.MFA.TOTP.Enabled && !c.MFA.SecurityKeys.Enabled || d.HasSecurityKey || d.HasTOTP {
		return
	}
	byPassword := c.Password.Enabled && d.HasPassword
	byMail := mailLogin(c) && (d.Email != "" || d.HasEmails)
	switch {
	case !byPassword && !byMail: // only a passkey signs her in
	case c.MFA.TOTP.Enabled || canCreateKey(t):
		t.Schedule(stateMFAMethodChooser)
	case !c.MFA.Optional:
		t.Abort(flow.PlatformAuthenticatorRequired)
	case keyUsable(t):
		t.Schedule(stateMFAMethodChooser)
	}
}
