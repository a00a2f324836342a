package flows

import (
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// loginPassword asks for the password of the identified account. Spec: flow-login-registration §4.5.
//
// It answers alike, and at the same cost, whether the account exists, has a password, or the password is wrong.
func (f *Flows) loginPassword() state {
	return state{
		Actions: []action{
			{
				Name:        "password_login",
				Description: "Sign in with the password.",
				Offered:     func(t *turn) bool { return t.Env.config().Password.Enabled },
				Inputs:      flow.Inputs[Data, *Env](flow.Password("password").Required()),
				Run:         f.passwordLogin,
				Leads:       thenMFA,
			},
			{
				Name:        "continue_to_passcode_confirmation_recovery",
				Description: "Have a code mailed to set a new password.",
				Offered:     func(t *turn) bool { return t.Env.config().Password.Recovery && t.Data.Email != "" },
				Run:         f.startRecovery,
				Leads:       []stateName{statePasscodeConfirmation},
			},
			back,
		},
	}
}

func (f *Flows) passwordLogin(t *turn) (flow.Outcome, error) {
	wait, err := f.limits.password(t, t.Data.Identifier)
	if err != nil {
		return nil, err
	}
	if wait.exceeded {
		return rateLimited(t, wait, "retry_after"), nil
	}
	verdict, err := f.passwords.Check(t.Context(), t.Env.Tenant, t.Data.UserID, t.Input("password"))
	if err != nil {
		return nil, err
	}
	if !verdict.OK {
		f.auditWrongPassword(t)
		return flow.Reject("password", flow.ValueInvalid), nil
	}
	if verdict.Upgrade != nil && !t.Env.Tenant.ReadOnly() {
		t.Env.Work.Do(verdict.Upgrade)
	}
	t.Data.LoginMethod = methodPassword
	f.scheduleMFACreation(t)
	return next(), nil
}

// auditWrongPassword records a wrong password of an account that exists. For one that does not, the request costs the same.
func (f *Flows) auditWrongPassword(t *turn) {
	details, why := map[string]any{"login_method": methodPassword}, failure(flow.ValueInvalid)
	if t.Data.known() {
		f.audit(t, event.LoginFailure, t.Data.actor(), details, why)
		return
	}
	details["flow_id"] = t.FlowID().String()
	t.Env.Work.Emit(event.Nothing(t.Env.Tenant, t.Env.Client, event.LoginFailure, details, why))
}

// startRecovery mails a code that will let the person set another password; to an unknown address, the notice that somebody tried.
func (f *Flows) startRecovery(t *turn) (flow.Outcome, error) {
	t.Data.LoginMethod = methodPassword
	t.Data.RecoveryPending = true
	t.Data.PasscodeTemplate = mail.TemplateLoginAttempted
	if t.Data.known() {
		t.Data.PasscodeTemplate = mail.TemplateRecovery
	}
	return flow.Continue(statePasscodeConfirmation), nil
}
