package flows

import (
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// onboardingUsername asks a person without a username for one. Spec: flow-login-registration §6.3.
func (f *Flows) onboardingUsername() state {
	return state{
		Actions: []action{
			{
				Name:        "username_create",
				Description: "Choose a username.",
				Inputs:      func(t *turn) []flow.Input { return []flow.Input{usernameInput(t.Env.config())} },
				Run:         f.createUsername,
			},
			skip("Go on without a username.", func(t *turn) bool { return t.Env.config().Username.Optional }),
		},
	}
}

func usernameInput(c *config.Config) flow.Input {
	return flow.String("username").RequiredIf(!c.Username.Optional).
		Min(c.Username.MinLength).Max(c.Username.MaxLength).Trim().Lowercase()
}

// isUsername accepts ASCII letters, digits and underscores.
func isUsername(s string) bool {
	for _, c := range []byte(s) {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

func (f *Flows) createUsername(t *turn) (flow.Outcome, error) {
	name := t.Input("username")
	if !isUsername(name) {
		return flow.Reject("username", flow.InvalidUsername), nil
	}
	owner, err := f.users.ByUsername(t.Context(), t.Env.Tenant, name)
	if err != nil {
		return nil, err
	}
	if owner.Known() {
		return flow.Reject("username", flow.UsernameAlreadyExists), nil
	}
	u, err := f.user(t)
	if err != nil {
		return nil, err
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	u.Username = &user.Username{ID: uuid.Must(uuid.NewV7()), Name: name, CreatedAt: at, UpdatedAt: at}
	t.Env.Work.Do(user.StoreUsername(u.ID, *u.Username))
	t.Data.Username, t.Data.HasUsername = name, true
	f.audit(t, event.UsernameCreated, t.Data.actor(), map[string]any{"username": name}, "")
	f.webhookUser(t, event.UserUsernameCreate, u)
	return next(), nil
}
