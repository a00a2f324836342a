package flows

import (
	"errors"
	"slices"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// lastLogin tells the client how the person signed in, so that it can point there next time.
type lastLogin struct {
	Method    loginMethod `json:"login_method"`
	MFAMethod mfaMethod   `json:"mfa_method,omitempty"`
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
	t.Set("last_login", lastLogin{Method: t.Data.LoginMethod, MFAMethod: t.Data.MFAMethod})
	if err := f.grantTrust(t); err != nil {
		return err
	}
	f.webhookUser(t, event.UserLogin, u)
	details := map[string]any{"login_method": t.Data.LoginMethod}
	if t.Data.MFAMethod != "" {
		details["mfa_method"] = t.Data.MFAMethod
	}
	f.audit(t, event.LoginSuccess, t.Data.actor(), details, "")
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
	for i := range d.NewCredentials {
		shown := d.NewCredentials[i].Shown(u.CreatedAt)
		u.Credentials = append(u.Credentials, shown)
		t.Env.Work.Do(passkey.Store(u.ID, d.NewCredentials[i], u.CreatedAt))
		_, member := createdAs(shown)
		details[member] = shown.ID
	}
	amr := registrationAMR(d)
	if d.TOTPStep != 0 {
		details["otp_secret"] = f.saveTOTP(t, u).String()
	}
	t.Env.user = u
	f.audit(t, event.UserCreated, event.Actor{UserID: u.ID, Email: u.PrimaryAddress()}, details, "")
	f.webhookUser(t, event.UserCreate, u)
	return f.openSession(t, session.Order{User: u, NewUser: true, AMR: amr})
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

// loginAMR are the methods of a login, first factor first. Recovering a password counts as using it. Spec: flow-login-registration §6.14.
func loginAMR(d *Data) []string {
	var amr []string
	switch d.LoginMethod {
	case methodPassword:
		amr = append(amr, "pwd")
	case methodPasscode:
		amr = append(amr, "otp")
	case methodPasskey:
		amr = append(amr, "passkey")
	}
	if d.MFAMethod != "" {
		amr = append(amr, string(d.MFAMethod))
	}
	return amr
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
	if hasNew(d, false) {
		amr = append(amr, "passkey")
	}
	if d.TOTPStep != 0 {
		amr = append(amr, string(methodTOTP))
	}
	if hasNew(d, true) {
		amr = append(amr, string(methodSecurityKey))
	}
	return amr
}

// hasNew reports whether a passkey, or a security key, was made in this flow.
func hasNew(d *Data, mfaOnly bool) bool {
	return slices.ContainsFunc(d.NewCredentials, func(c passkey.Credential) bool { return c.MFAOnly == mfaOnly })
}
