package flows

import (
	"errors"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// The WebAuthn ceremonies of logins and registrations. A flow remembers one at a time: whoever begins another gives up the one before, and
// only the newest challenge is answered. Options are part of the answer that begins a ceremony and of no other: clients that see them again
// after a failure would prompt again. Spec: flow-login-registration §9.

// askForAny asks the browser for any passkey.
func (f *Flows) askForAny(t *turn) error {
	options, ceremony, err := f.passkeys.Ask(t.Env.Tenant, t.Now())
	return begin(t, "request_options", options, ceremony, err)
}

// askForOwn asks the browser for a credential of the identified person.
func (f *Flows) askForOwn(t *turn, k passkey.Kind) error {
	options, ceremony, err := f.passkeys.AskFor(t.Context(), t.Env.Tenant, k, t.Data.UserID, t.Now())
	return begin(t, "request_options", options, ceremony, err)
}

// askToCreate asks the browser to make a credential for the person of the flow, whom authenticators will show by a name.
func (f *Flows) askToCreate(t *turn, k passkey.Kind) error {
	d := t.Data
	o := passkey.Owner{ID: d.UserID, Name: d.Email, DisplayName: d.Username}
	if o.Name == "" {
		o.Name = d.Username
	}
	if o.DisplayName == "" {
		o.DisplayName = d.Email
	}
	if !d.unborn() {
		u, err := f.user(t)
		if err != nil {
			return err
		}
		o.Has = u.Credentials
	}
	options, ceremony, err := f.passkeys.Create(t.Env.Tenant, k, o, t.Now())
	return begin(t, "creation_options", options, ceremony, err)
}

func begin(t *turn, member string, options passkey.Options, c passkey.Ceremony, err error) error {
	if err != nil {
		return err
	}
	t.Data.Ceremony = c
	t.Set(member, options)
	return nil
}

// verifyAssertion is the action that takes the browser's answer, for the first factor or the second. Spec: flow-login-registration §9.4.
func (f *Flows) verifyAssertion(offered func(*turn) bool) action {
	return action{
		Name:        "webauthn_verify_assertion_response",
		Description: "Prove to hold a passkey or security key.",
		Offered:     offered,
		Inputs:      flow.Inputs[Data, *Env](flow.JSON("assertion_response").Required()),
		Run: func(t *turn) (flow.Outcome, error) {
			a, err := f.passkeys.Asserted(t.Context(), t.Env.Tenant, t.Data.Ceremony, t.JSON("assertion_response"), t.Now())
			if refused, ok := errors.AsType[*passkey.Refused](err); ok {
				return f.refuseAssertion(t, refused)
			}
			if err != nil {
				return nil, err
			}
			t.Env.Work.Do(a.Save)
			t.Env.assertion = a
			if t.Data.Ceremony.Kind == passkey.SecurityKey {
				t.Data.MFAMethod = methodSecurityKey
				t.Data.Ceremony = passkey.Ceremony{}
				return next(), nil
			}
			return f.signInByPasskey(t, a)
		},
		Leads: thenMFA,
	}
}

// signInByPasskey makes the owner of the passkey the person of the flow, whoever was named before: she proved who she is. Were the name
// to matter, the answer would tell whether somebody else has an account.
func (f *Flows) signInByPasskey(t *turn, a *passkey.Assertion) (flow.Outcome, error) {
	d := t.Data
	d.UserID = a.UserID
	u, err := f.user(t)
	if gone(err) {
		return flow.Fail(flow.NotPermitted), nil // deleted just now
	}
	if err != nil {
		return nil, err
	}
	account := u.Account()
	d.adopt(account)
	d.Email, d.Username = account.Email, account.Username
	d.Ceremony = passkey.Ceremony{}
	d.LoginMethod = methodPasskey
	f.scheduleMFACreation(t)
	return next(), nil
}

// refuseAssertion answers all refusals alike, but for a security key that was to be a first factor. The record names the credential's owner
// in full; of a copied credential she is told. Spec: audit-log §3.1.
func (f *Flows) refuseAssertion(t *turn, refused *passkey.Refused) (flow.Outcome, error) {
	owner, err := f.ownerOf(t, refused)
	if err != nil {
		return nil, err
	}
	code := flow.PasskeyInvalid
	switch refused.Reason {
	case passkey.MFAOnly:
		code = flow.CredentialMFAOnly
	case passkey.Cloned: // somebody else seems to have a copy
		f.tell(t, owner, event.MailPayload{Template: mail.TemplatePasskeyClone})
	}
	details := map[string]any{"login_method": methodPasskey}
	f.audit(t, event.LoginFailure, owner, details, code.String()+": "+refused.Err.Error())
	return flow.Fail(code), nil
}

// ownerOf is whose credential was refused; nobody where there is no such credential. It asks for nobody, too: a refusal costs the same either way.
func (f *Flows) ownerOf(t *turn, refused *passkey.Refused) (event.Actor, error) {
	account, err := f.users.ByID(t.Context(), t.Env.Tenant, refused.UserID)
	if err != nil || refused.UserID == uuid.Nil {
		return event.Actor{}, err
	}
	return event.Actor{UserID: refused.UserID, Email: account.Email}, nil
}

// storeCredentials gives the person of a login the credentials that she made.
func (f *Flows) storeCredentials(t *turn) error {
	if len(t.Data.NewCredentials) == 0 {
		return nil
	}
	u, err := f.user(t)
	if err != nil {
		return err
	}
	for i := range t.Data.NewCredentials {
		c := &t.Data.NewCredentials[i]
		shown := c.Shown(t.Now())
		if c.MFAOnly {
			endEarlierTrust(t, u)
		}
		u.Credentials = append(u.Credentials, shown)
		t.Env.Work.Do(passkey.Store(u.ID, *c, t.Now()))
		kind, member := createdAs(shown)
		f.audit(t, kind, t.Data.actor(), map[string]any{member: shown.ID}, "")
	}
	t.Data.NewCredentials = nil
	return nil
}

// createdAs is how audit records call a new credential, and the member that has its id.
func createdAs(c user.Credential) (event.AuditType, string) {
	if c.MFAOnly {
		return event.SecurityKeyCreated, "security_key"
	}
	return event.PasskeyCreated, "passkey"
}
