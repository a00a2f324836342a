package flows

import (
	"slices"

	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// In a read-only tenant people sign in and out, and nothing else changes: what is asked of people after their sign-in is left out, and whatever
// would change an account is not offered, so that posting it is answered with 403 operation_not_permitted_error. A registration is refused as a
// whole: see refuse. docs/tenants.md says what works.

// readOnlyActions are the actions that lead to a session, or end one, and change no account. Whatever is not here is withheld, new actions too.
func readOnlyActions() map[stateName][]string {
	return map[stateName][]string{
		statePreflight: {"register_client_capabilities"},
		stateLoginInit: {
			"continue_with_login_identifier", "webauthn_generate_request_options", "webauthn_verify_assertion_response", "thirdparty_oauth", "remember_me",
		},
		stateLoginMethodChooser:   {"continue_to_password_login", "continue_to_passcode_confirmation", "webauthn_generate_request_options", "back"},
		stateLoginPassword:        {"password_login", "back"},
		stateLoginPasskey:         {"webauthn_verify_assertion_response", "back"},
		stateThirdParty:           {"exchange_token", "back"},
		statePasscodeConfirmation: {"verify_passcode", "resend_passcode", "back"},
		stateLoginOTP:             {"otp_code_validate", "continue_to_login_security_key"},
		stateLoginSecurityKey:     {"webauthn_generate_request_options", "continue_to_login_otp"},
		stateProfileInit:          {"session_delete"},
	}
}

// leavesThingsAlone says whether an action changes no account in a read-only tenant.
func leavesThingsAlone(t *turn, in stateName, name string) bool {
	d := t.Data
	switch {
	case !slices.Contains(readOnlyActions()[in], name):
		return name == "back" || name == "skip"
	case in == statePreflight || in == stateProfileInit || name == "back":
		return true
	case in == statePasscodeConfirmation:
		return !d.Profile && !d.RecoveryPending && !d.CreateEmail // a code that signs in
	default:
		return !d.Profile
	}
}

// withheld takes out of a flow what a read-only tenant does not allow.
func withheld(def definition) definition {
	for name, s := range def.States {
		for i := range s.Actions {
			s.Actions[i] = withhold(name, s.Actions[i])
		}
	}
	return def
}

func withhold(in stateName, a action) action {
	offered, run, name := a.Offered, a.Run, a.Name
	refused := func(t *turn) bool { return t.Env.Tenant.ReadOnly() && !leavesThingsAlone(t, in, name) }
	if in == stateProfileInit && name == "email_delete" { // clients read its inputs without looking whether it is there
		a.Run = func(t *turn) (flow.Outcome, error) {
			if refused(t) {
				return flow.Fail(flow.NotPermitted), nil
			}
			return run(t)
		}
		return a
	}
	a.Offered = func(t *turn) bool { return !refused(t) && (offered == nil || offered(t)) }
	return a
}

type readOnlyKey struct{}

// settings are what holds for a tenant's flows: its configuration, and where it is read-only, one that asks nobody for anything.
func settings(t *tenants.Tenant) *config.Config {
	if !t.ReadOnly() {
		return t.Config
	}
	c, _ := tenants.Memo(t, readOnlyKey{}, func() (*config.Config, error) { return asksNothing(*t.Config), nil })
	return c
}

func asksNothing(c config.Config) *config.Config {
	c.Account.AllowSignup = false
	c.Email.AcquireOnLogin, c.Email.AcquireOnRegistration = false, false
	c.Username.AcquireOnLogin, c.Username.AcquireOnRegistration = false, false
	c.Passkey.AcquireOnLogin, c.Passkey.AcquireOnRegistration = config.AcquireNever, config.AcquireNever
	c.Password.AcquireOnLogin, c.Password.AcquireOnRegistration = config.AcquireNever, config.AcquireNever
	c.Password.Recovery = false
	c.MFA.AcquireOnLogin, c.MFA.AcquireOnRegistration = false, false
	c.MFA.DeviceTrustPolicy = config.TrustNever
	return &c
}
