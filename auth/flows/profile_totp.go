package flows

import (
	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// What a person can do with her authenticator app and its recovery codes. Spec: flow-profile §7, §8.3.

func (f *Flows) totpCreate() action {
	return action{
		Name: "continue_to_otp_secret_creation", Description: "Set up an authenticator app.",
		Run:   func(*turn) (flow.Outcome, error) { return flow.Continue(stateMFAOTPSecret, stateProfileInit), nil },
		Leads: []stateName{stateMFAOTPSecret, stateProfileInit},
	}
}

// storeOwnTOTP stores the app whose code was just entered.
func (f *Flows) storeOwnTOTP(t *turn) error {
	if _, err := f.user(t); err != nil {
		return err
	}
	u := f.change(t)
	f.notify(t, u, event.MailPayload{Template: mail.TemplateMFACreate})
	return f.storeTOTP(t)
}

func (f *Flows) totpDelete() action {
	return action{
		Name: "otp_secret_delete", Description: "Remove the authenticator app.",
		Run: func(t *turn) (flow.Outcome, error) {
			u := f.change(t)
			t.Env.Work.Do(totp.Delete(u.ID))
			t.Env.Work.Do(recoverycode.Delete(u.ID)) // they stand in for the app
			t.Env.Work.Do(devicetrust.Forget(u.ID))
			u.TOTP = nil
			f.audit(t, event.OTPDeleted, t.Data.actor(), nil, "")
			f.notify(t, u, event.MailPayload{Template: mail.TemplateMFADelete})
			return flow.Stay(), nil
		},
	}
}

// recoveryCodesCreate gives her new codes in place of the old ones, and shows them in this answer only. It goes beyond the compatible
// protocol.
func (f *Flows) recoveryCodesCreate() action {
	return action{
		Name: "recovery_codes_create", Description: "Get new recovery codes in place of the old ones.",
		Run: func(t *turn) (flow.Outcome, error) {
			u := f.change(t)
			codes, hashes := f.recovery.New(t.Env.Tenant, u.ID)
			t.Env.Work.Do(recoverycode.Replace(u.ID, hashes))
			t.Set("recovery_codes", codes)
			f.audit(t, event.RecoveryCodesCreated, t.Data.actor(), nil, "")
			return flow.Stay(), nil
		},
	}
}
