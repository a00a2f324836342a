package flows

import (
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// storeAddress stores, on the way out of the states that deal with the flow's address, what is new about it: that she has it, and that she
// proved to own it. Spec: flow-login-registration §8.5.
func (f *Flows) storeAddress(t *turn) error {
	d := t.Data
	if t.Env.Tenant.ReadOnly() {
		return nil // the code signs her in, but her account stays as it is
	}
	create := d.CreateEmail && d.Email != "" && (!t.Env.config().Email.RequireVerification || d.EmailVerified)
	if !create && !d.EmailVerified {
		return nil
	}
	u, err := f.user(t)
	if err != nil {
		return err
	}
	switch e := find(u.Emails, d.Email); {
	case e == nil && !create && !d.Profile:
		return nil // she gave it up meanwhile
	case e == nil:
		f.addAddress(t, u)
	case d.EmailVerified && !e.IsVerified:
		e.IsVerified = true
		t.Env.Work.Do(user.MarkVerified(e.ID))
	}
	d.CreateEmail = false
	if d.EmailVerified && d.LoginMethod != methodPasscode {
		f.audit(t, event.EmailVerified, d.actor(), map[string]any{"email": d.Email}, "")
	}
	return nil
}

// addAddress gives the person the flow's address; the first one becomes primary, a further one is announced to the primary one.
func (f *Flows) addAddress(t *turn, u *user.User) {
	at := time.Now().UTC().Truncate(time.Microsecond)
	e := user.Email{
		ID: uuid.Must(uuid.NewV7()), Address: t.Data.Email, IsVerified: t.Data.EmailVerified, IsPrimary: len(u.Emails) == 0,
		CreatedAt: at, UpdatedAt: at,
	}
	before := *u
	u.Emails = append(u.Emails, e)
	t.Data.HasEmails = true
	t.Env.Work.Do(user.AddEmailTo(u.ID, e))
	f.audit(t, event.EmailCreated, t.Data.actor(), map[string]any{"email": e.Address}, "")
	f.webhookUser(t, event.UserEmailCreate, u)
	f.notify(t, &before, event.MailPayload{Template: mail.TemplateEmailCreate, New: e.Address})
}

func find(emails []user.Email, address string) *user.Email {
	for i := range emails {
		if emails[i].Address == address {
			return &emails[i]
		}
	}
	return nil
}
