package flows

import (
	"strings"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/passcode"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// passcodeConfirmation asks for the code that was mailed to the flow's address. Spec: flow-login-registration §8.4.
//
// The payload never tells the address or whether a code was sent. leave, where given, stores what the code proved.
func (f *Flows) passcodeConfirmation(leave func(*turn) error) state {
	return state{
		Enter: f.sendPasscode,
		Actions: []action{
			{
				Name:        "verify_passcode",
				Description: "Enter the code from the mail.",
				Inputs:      flow.Inputs[Data, *Env](flow.String("code").Required()),
				Run:         f.verifyPasscode,
				Leads:       thenMFA,
			},
			{
				Name:        "resend_passcode",
				Description: "Have another code mailed.",
				Run:         f.resendPasscode,
				Leads:       []stateName{statePasscodeConfirmation},
			},
			back,
		},
		Leave: leave,
	}
}

func (f *Flows) verifyPasscode(t *turn) (flow.Outcome, error) {
	verdict, write, err := f.passcodes.Verify(
		t.Context(), t.Env.Tenant, t.Data.Passcode.ID, binding(t), t.Input("code"), t.Now())
	if err != nil {
		return nil, err
	}
	if write != nil {
		t.Env.Work.Do(write)
	}
	switch {
	case verdict == passcode.Wrong:
		f.auditWrongPasscode(t, failure(flow.PasscodeInvalid))
		return flow.Reject("code", flow.PasscodeInvalid), nil
	case verdict == passcode.Exhausted:
		f.auditWrongPasscode(t, failure(flow.PasscodeMaxAttemptsReached))
		return flow.Fail(flow.PasscodeMaxAttemptsReached), nil
	case !t.Data.known() || isNotice(t.Data.PasscodeTemplate):
		// The right code of a mail that carries none: guessed. No account stands behind the flow.
		return flow.Fail(flow.NotPermitted), nil
	}
	t.Data.EmailVerified = true
	t.Data.HasEmails = true
	t.Data.UsedPasscode = true
	t.Data.Passcode = sentPasscode{}
	f.scheduleMFACreation(t)
	return next(), nil
}

// isNotice says whether a mail carries no code: somebody tried to sign in without an account, or to register an address that has one.
func isNotice(template string) bool { return strings.HasSuffix(template, "_attempted") }

// auditWrongPasscode records a wrong code, where it was meant to sign in or to recover.
func (f *Flows) auditWrongPasscode(t *turn, why string) {
	if t.Data.LoginMethod == "" {
		return
	}
	f.audit(t, event.LoginFailure, t.Data.actor(), map[string]any{"login_method": methodPasscode}, why)
}

// resendPasscode mails a new code in place of the old one.
func (f *Flows) resendPasscode(t *turn) (flow.Outcome, error) {
	wait, err := f.limits.passcode(t, t.Data.Email)
	if err != nil {
		return nil, err
	}
	if wait.exceeded {
		return rateLimited(t, wait, "resend_after"), nil
	}
	if err := f.mailPasscode(t); err != nil {
		return nil, err
	}
	return flow.Stay(), nil
}
