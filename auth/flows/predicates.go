package flows

import "github.com/latchkeep/latchkeep/tenants/config"

// What several states ask before they offer something. Spec: flow-login-registration §1, §3, §6.6.

// keyUsable says whether the device can use security keys of the kind that the tenant asks for.
func keyUsable(t *turn) bool {
	return t.Data.PlatformWebauthn || t.Env.config().MFA.SecurityKeys.AuthenticatorAttachment != "platform"
}

// passkeysWork says whether passkeys can be made and used here.
func passkeysWork(t *turn) bool { return t.Env.config().Passkey.Enabled && t.Data.WebauthnAvailable }

// canCreateKey says whether a security key can be set up on this device.
func canCreateKey(t *turn) bool {
	c := t.Env.config().MFA
	return c.Enabled && c.SecurityKeys.Enabled && keyUsable(t) && t.Data.WebauthnAvailable
}

// canMail says whether a code to the flow's address can sign her in.
func canMail(t *turn) bool {
	c := t.Env.config()
	return t.Data.Email != "" && mailLogin(c) && c.Email.UseAsLoginIdentifier
}

// acquiresPasskey and acquiresPassword say whether the tenant asks for such a credential, in this flow, at the given urgency.
func acquiresPasskey(t *turn, when string) bool {
	c := t.Env.config().Passkey
	return c.Enabled && when == acquired(t, c.AcquireOnLogin, c.AcquireOnRegistration)
}

func acquiresPassword(t *turn, when string) bool {
	c := t.Env.config().Password
	return c.Enabled && when == acquired(t, c.AcquireOnLogin, c.AcquireOnRegistration)
}

func acquired(t *turn, onLogin, onRegistration string) string {
	if t.Data.Registration {
		return onRegistration
	}
	return onLogin
}

// wanted says whether a setting asks for a credential at all.
func wanted(when string) bool { return when != config.AcquireNever }
