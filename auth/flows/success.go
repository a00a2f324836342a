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
	Provider  string      `json:"third_party_provider,omitempty"`
	MFAMethod mfaMethod   `json:"mfa_method,omitempty"`
}

// loginSuccess signs the person in. Spec: flow-login-registration §6.11.
func (f *Flows) loginSuccess(t *turn) error {
	u, err := f.admit(t, loginAMR(t.Data))
	if err != nil || u == nil {
		return err
	}
	f.setLastLogin(t)
	if err := f.grantTrust(t); err != nil {
		return err
	}
	f.webhookUser(t, event.UserLogin, u)
	f.auditLogin(t)
	return nil
}

// exchangeSuccess signs in whom an identity provider sent. It is no login of its own to back ends. Spec: saml §7.
func (f *Flows) exchangeSuccess(t *turn) error {
	u, err := f.admit(t, loginAMR(t.Data))
	if err != nil || u == nil {
		return err
	}
	f.setLastLogin(t)
	f.auditLogin(t)
	return nil
}

// admit opens a session of a person who exists. It returns nil where the flow ends without: she was deleted while she signed in, or is blocked.
func (f *Flows) admit(t *turn, amr []string) (*user.User, error) {
	u, err := f.user(t)
	switch {
	case gone(err):
		t.Abort(flow.NotPermitted)
		return nil, nil
	case err != nil:
		return nil, err
	case u.BlockedAt != nil:
		t.Abort(flow.NotPermitted)
		return nil, nil
	}
	return u, f.openSession(t, session.Order{User: u, AMR: amr})
}

func (f *Flows) setLastLogin(t *turn) {
	t.Set("last_login", lastLogin{Method: t.Data.LoginMethod, Provider: t.Data.Provider, MFAMethod: t.Data.MFAMethod})
}

func (f *Flows) auditLogin(t *turn) {
	details := map[string]any{"login_method": t.Data.LoginMethod}
	if t.Data.MFAMethod != "" {
		details["mfa_method"] = t.Data.MFAMethod
	}
	f.audit(t, event.LoginSuccess, t.Data.actor(), details, "")
}

func gone(err error) bool {
	p, ok := errors.AsType[*problem.Error](err)
	return ok && p.Kind == problem.KindNotFound
}

// registrationSuccess creates the account and signs the person in. Where a third party signed her in, the account exists, and what she did since
// is stored already.
func (f *Flows) registrationSuccess(t *turn) error {
	d := t.Data
	if d.Exists {
		_, err := f.admit(t, registrationAMR(d))
		return err
	}
	if fullMeanwhile(t) {
		return nil
	}
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
	case methodThirdParty:
		amr = append(amr, "ext:"+d.Provider)
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
	if d.Exists {
		amr = append(amr, "ext:"+d.Provider)
	}
	if d.MFAMethod != "" {
		amr = append(amr, string(d.MFAMethod))
	}
	return slices.Concat(amr, d.Enrolled, enrolled(d))
}

// enrolled are the methods that were set up and wait for being stored.
func enrolled(d *Data) []string {
	var amr []string
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
