package flows

import (
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// What a person can do with her username. Spec: flow-profile §7.

func (f *Flows) usernameCreate() action {
	return action{
		Name: "username_create", Description: "Choose a username.",
		Inputs: ownUsername,
		Run: func(t *turn) (flow.Outcome, error) {
			return f.nameOneself(t, event.UserUsernameCreate, func(u *user.User, name string) {
				at := time.Now().UTC().Truncate(time.Microsecond)
				u.Username = &user.Username{ID: uuid.Must(uuid.NewV7()), Name: name, CreatedAt: at, UpdatedAt: at}
				t.Env.Work.Do(user.StoreUsername(u.ID, *u.Username))
			})
		},
	}
}

func (f *Flows) usernameUpdate() action {
	return action{
		Name: "username_update", Description: "Choose another username.",
		Inputs: ownUsername,
		Run: func(t *turn) (flow.Outcome, error) {
			if t.Input("username") == t.Env.user.Username.Name {
				return flow.Stay(), nil
			}
			return f.nameOneself(t, event.UserUsernameUpdate, func(u *user.User, name string) { t.Env.Work.Do(u.Rename(name)) })
		},
	}
}

func ownUsername(t *turn) []flow.Input {
	c := t.Env.config().Username
	return []flow.Input{flow.String("username").Required().Min(c.MinLength).Max(c.MaxLength).Trim().Lowercase().Preserve()}
}

// nameOneself gives the person a name that is well-formed and free.
func (f *Flows) nameOneself(t *turn, told event.Name, store func(u *user.User, name string)) (flow.Outcome, error) {
	name := t.Input("username")
	if !isUsername(name) {
		return flow.Reject("username", flow.InvalidUsername), nil
	}
	bearer, err := f.users.ByUsername(t.Context(), t.Env.Tenant, name)
	if err != nil {
		return nil, err
	}
	if bearer.Known() {
		return flow.Reject("username", flow.UsernameAlreadyExists), nil
	}
	u := f.change(t)
	store(u, name)
	f.audit(t, event.UsernameChanged, t.Data.actor(), map[string]any{"username": name}, "")
	f.webhookUser(t, told, u)
	return flow.Stay(), nil
}

func (f *Flows) usernameDelete() action {
	return action{
		Name: "username_delete", Description: "Remove the username.",
		Run: func(t *turn) (flow.Outcome, error) {
			if ownOf(t).stranded(func(u *user.User) { u.Username = nil }) {
				return flow.Fail(flow.NotPermitted), nil
			}
			name := t.Env.user.Username.Name
			u := f.change(t)
			t.Env.Work.Do(u.RemoveUsername())
			f.audit(t, event.UsernameDeleted, t.Data.actor(), map[string]any{"username": name}, "")
			f.webhookUser(t, event.UserUsernameDelete, u)
			return flow.Stay(), nil
		},
	}
}
