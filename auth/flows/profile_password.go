package flows

import (
	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// What a person can do with her password. The old one is not asked for: the tenant may ask for a fresh session. Spec: flow-profile §7.

func (f *Flows) passwordCreate() action {
	return action{
		Name: "password_create", Description: "Choose a password.",
		Inputs: ownPassword,
		Run:    f.setOwnPassword,
	}
}

func (f *Flows) passwordUpdate() action {
	return action{
		Name: "password_update", Description: "Choose another password.",
		Inputs: ownPassword,
		Run:    f.setOwnPassword,
	}
}

func ownPassword(t *turn) []flow.Input {
	return []flow.Input{flow.String("password").Required().Min(t.Env.config().Password.MinLength).Max(password.MaxBytes)}
}

// setOwnPassword tells of a password that was replaced, not of a first one.
func (f *Flows) setOwnPassword(t *turn) (flow.Outcome, error) {
	plain := t.Input("password")
	if tooShort(plain, t.Env.config()) {
		return flow.Reject("password", flow.ValueTooShort), nil
	}
	if tooCommon(plain, t.Env.config()) {
		return flow.Reject("password", flow.ValueInvalid), nil
	}
	hash, err := f.passwords.Hash(t.Context(), t.Env.Tenant, plain)
	if err != nil {
		return nil, err
	}
	u := f.change(t)
	t.Env.Work.Do(password.Set(u.ID, hash))
	f.audit(t, event.PasswordChanged, t.Data.actor(), map[string]any{"context": "profile"}, "")
	if u.Password == nil {
		return flow.Stay(), nil
	}
	t.Env.Work.Do(devicetrust.Forget(u.ID))
	f.endOtherSessions(t, u.ID, t.Env.session.SessionID)
	u.Password = &user.Secret{ID: u.Password.ID, CreatedAt: u.Password.CreatedAt, UpdatedAt: t.Now()}
	f.notify(t, u, event.MailPayload{Template: mail.TemplatePasswordUpdate})
	f.webhookUser(t, event.UserPasswordUpdate, u)
	return flow.Stay(), nil
}

func (f *Flows) passwordDelete() action {
	return action{
		Name: "password_delete", Description: "Remove the password.",
		Run: func(t *turn) (flow.Outcome, error) {
			if ownOf(t).stranded(func(u *user.User) { u.Password = nil }) {
				return flow.Fail(flow.NotPermitted), nil
			}
			u := f.change(t)
			t.Env.Work.Do(password.Delete(u.ID))
			u.Password = nil
			f.audit(t, event.PasswordDeleted, t.Data.actor(), nil, "")
			return flow.Stay(), nil
		},
	}
}
