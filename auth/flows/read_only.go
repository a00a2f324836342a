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

// signsIn are the states that lead to a session and change no account.
func signsIn() []stateName {
	return []stateName{
		statePreflight, stateLoginInit, stateLoginMethodChooser, stateLoginPassword, stateLoginPasskey, stateThirdParty, statePasscodeConfirmation,
		stateLoginOTP, stateLoginSecurityKey,
	}
}

// leavesThingsAlone says whether an action changes no account in a read-only tenant.
func leavesThingsAlone(t *turn, in stateName, name string) bool {
	switch d := t.Data; {
	case name == "back" || name == "skip":
		return true
	case in == stateProfileInit:
		return name == "session_delete"
	case in == statePreflight:
		return true
	case d.Profile || !slices.Contains(signsIn(), in):
		return false
	case in == statePasscodeConfirmation:
		return !d.RecoveryPending && !d.CreateEmail // a code that signs in
	default:
		return name != "continue_to_passcode_confirmation_recovery"
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
