package flows

import (
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// loginPasswordRecovery takes a new password from a person who proved to own her address. Spec: flow-login-registration §4.6.
func (f *Flows) loginPasswordRecovery() state {
	return state{
		Actions: []action{{
			Name:        "password_recovery",
			Description: "Set a new password.",
			Offered:     func(t *turn) bool { return t.Env.config().Password.Enabled },
			Inputs: func(t *turn) []flow.Input {
				return []flow.Input{flow.Password("new_password").Required().Min(t.Env.config().Password.MinLength).Max(password.MaxBytes)}
			},
			Run:   f.recoverPassword,
			Leads: thenMFA,
		}},
	}
}

func (f *Flows) recoverPassword(t *turn) (flow.Outcome, error) {
	u, err := f.user(t)
	if err != nil {
		return nil, err
	}
	plain := t.Input("new_password")
	if tooCommon(plain, t.Env.config()) {
		return flow.Reject("new_password", flow.ValueInvalid), nil
	}
	hash, err := f.passwords.Hash(t.Context(), t.Env.Tenant, plain)
	if err != nil {
		return nil, err
	}
	t.Env.Work.Do(password.Set(t.Data.UserID, hash))
	t.Env.Work.Do(devicetrust.Forget(t.Data.UserID))
	f.endOtherSessions(t, t.Data.UserID, uuid.Nil) // her new one is opened later
	t.Data.HasPassword = true
	t.Data.RecoveryPending = false
	f.scheduleMFACreation(t)
	f.audit(t, event.PasswordChanged, t.Data.actor(), map[string]any{"context": "recovery"}, "")
	f.webhookUser(t, event.UserPasswordUpdate, u)
	return next(), nil
}
