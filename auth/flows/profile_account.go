package flows

import (
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// ownView is the person as she sees herself, the same as at GET /me.
func ownView(t *turn) user.View { return user.NewView(t.Env.Tenant, t.Env.user) }

// accountDelete lets a person delete her account with all that hangs off it. Her sessions end everywhere, without an event for each: the one
// of the deletion shows her as she was. Spec: flow-profile §7.
func (f *Flows) accountDelete() action {
	return action{
		Name: "account_delete", Description: "Delete the account.",
		Run: func(t *turn) (flow.Outcome, error) {
			view := user.NewAdminView(t.Env.Tenant, t.Env.user)
			u := f.change(t)
			t.Env.Work.Do(f.sessions.EndAll(u.ID))
			t.Env.Work.Do(user.Delete(u.ID))
			f.audit(t, event.UserDeleted, t.Data.actor(), nil, "")
			if hook, ok := event.Webhook(t.Env.Tenant, event.UserDelete, u.ID, view); ok {
				t.Env.Work.Emit(hook)
			}
			t.Env.cookies = append(t.Env.cookies, session.DeleteCookie(t.Env.Tenant))
			return flow.Continue(stateAccountDeleted), nil
		},
		Leads: []stateName{stateAccountDeleted},
	}
}
