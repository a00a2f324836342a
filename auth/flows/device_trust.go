package flows

import (
	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// deviceTrust asks whether the second factor may be left out on this device from now on. Spec: flow-login-registration §6.10.
func (f *Flows) deviceTrust() state {
	return state{
		Actions: []action{
			{
				Name:        "trust_device",
				Description: "Do not ask for the second factor on this device again.",
				Run: func(t *turn) (flow.Outcome, error) {
					t.Data.TrustDevice = true
					return next(), nil
				},
			},
			skip("Go on without trusting the device.", nil),
			back,
		},
	}
}

// grantTrust makes the device of a login that succeeds a trusted one: where she agreed, or always where the tenant says so.
// Whoever was let in by a third party, without the second factor that she has, did not prove what the trust would stand in for.
// Spec: flow-login-registration §13.1.
func (f *Flows) grantTrust(t *turn) error {
	if d := t.Data; d.LoginMethod == methodThirdParty && !needsSecondFactor(t) && (d.HasSecurityKey || d.HasTOTP) {
		return nil
	}
	switch t.Env.config().MFA.DeviceTrustPolicy {
	case config.TrustAlways:
	case config.TrustPrompt:
		if !t.Data.TrustDevice {
			return nil
		}
	default:
		return nil
	}
	grant, err := f.devices.Grant(t.Env.Tenant, t.Data.UserID, t.Env.Client.DeviceTrust, t.Now())
	if err != nil || grant == nil {
		return err
	}
	t.Env.Work.Do(grant.Save)
	t.Env.cookies = append(t.Env.cookies, grant.Cookie)
	return nil
}

// endEarlierTrust ends the trust in devices that a person who sets up her first second factor has already: it was given to whoever knew the
// password, and would stand in for a factor that nobody has shown.
func endEarlierTrust(t *turn, u *user.User) {
	if u.TOTP == nil && !u.HasSecurityKey() {
		t.Env.Work.Do(devicetrust.Forget(u.ID))
	}
}
