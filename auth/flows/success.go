package flows

import (
	"errors"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// lastLogin tells the client how the person signed in, so that it can point there next time.
type lastLogin struct {
	Method loginMethod `json:"login_method"`
}

// loginSuccess signs the person in. Spec: flow-login-registration §6.11.
func (f *Flows) loginSuccess(t *turn) error {
	u, err := f.user(t)
	if gone(err) {
		t.Abort(flow.NotPermitted) // deleted while she signed in
		return nil
	}
	if err != nil {
		return err
	}
	if u.BlockedAt != nil {
		t.Abort(flow.NotPermitted)
		return nil
	}
	if err := f.openSession(t, session.Order{User: u, AMR: loginAMR(t.Data)}); err != nil {
		return err
	}
	t.Set("last_login", lastLogin{Method: t.Data.LoginMethod})
	f.webhookUser(t, event.UserLogin, u)
	f.audit(t, event.LoginSuccess, t.Data.actor(), map[string]any{"login_method": t.Data.LoginMethod}, "")
	return nil
}

func gone(err error) bool {
	p, ok := errors.AsType[*problem.Error](err)
	return ok && p.Kind == problem.KindNotFound
}

// registrationSuccess creates the account and signs the person in.
func (f *Flows) registrationSuccess(t *turn) error {
	d := t.Data
	u := user.New(d.UserID)
	if d.Username != "" {
		u.SetUsername(d.Username)
	}
	if d.Email != "" {
		u.AddEmail(d.Email, d.EmailVerified)
	}
	t.Env.Work.Do(user.Create(u))
	details := map[string]any{}
	if d.Username != "" {
		details["username"] = d.Username
	}
	if d.NewPasswordHash != "" {
		u.Password = &user.Secret{CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt}
		t.Env.Work.Do(password.Create(u.ID, d.NewPasswordHash))
		details["password"] = true
	}
	t.Env.user = u
	f.audit(t, event.UserCreated, event.Actor{UserID: u.ID, Email: u.PrimaryAddress()}, details, "")
	f.webhookUser(t, event.UserCreate, u)
	return f.openSession(t, session.Order{User: u, NewUser: true, AMR: registrationAMR(d)})
}

// openSession prepares the session and shows it.
func (f *Flows) openSession(t *turn, o session.Order) error {
	o.Remember = t.Data.RememberMe
	o.Event = event.SessionCreateFlow
	issued, err := f.sessions.Prepare(t.Env.Tenant, t.Env.Client, o)
	if err != nil {
		return err
	}
	issued.Save(&t.Env.Work)
	t.Env.issued = issued
	t.Set("user", user.NewView(t.Env.Tenant, o.User))
	t.Set("claims", issued.Claims)
	return nil
}

// loginAMR are the methods of a login, first factor first. Recovering a password counts as using it.
func loginAMR(d *Data) []string {
	switch d.LoginMethod {
	case methodPassword:
		return []string{"pwd"}
	case methodPasscode:
		return []string{"otp"}
	}
	return nil
}

// registrationAMR are the methods that a registration used and set up.
func registrationAMR(d *Data) []string {
	var amr []string
	if d.UsedPasscode {
		amr = append(amr, "otp")
	}
	if d.NewPasswordHash != "" {
		amr = append(amr, "pwd")
	}
	return amr
}
