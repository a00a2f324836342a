package flows

import (
	"errors"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// What a person can do with her passkeys. Spec: flow-profile §7, §8.2.

// maxCredentialName is how many characters the name of a credential may have: as many as the column holds.
const maxCredentialName = 255

func (f *Flows) passkeyCreate() action {
	return f.credentialCreate("webauthn_credential_create", "Set up a passkey.", passkey.Passkey)
}

// credentialCreate is the action that makes the browser ask its authenticator for a credential.
func (f *Flows) credentialCreate(name, description string, k passkey.Kind) action {
	return action{
		Name: name, Description: description,
		Run: func(t *turn) (flow.Outcome, error) {
			u := t.Env.user
			t.Data.Email = u.PrimaryAddress()
			if u.Username != nil {
				t.Data.Username = u.Username.Name
			}
			if t.Data.Email == "" && t.Data.Username == "" {
				return flow.Fail(flow.NotPermitted), nil // authenticators could not show whose credential it is
			}
			if err := f.askToCreate(t, k); err != nil {
				return nil, err
			}
			return flow.Continue(stateVerifyCredential, stateProfileInit), nil
		},
		Leads: []stateName{stateVerifyCredential, stateProfileInit},
	}
}

// verifyCredential waits for the credential that the browser's authenticator makes. Whatever becomes of it, the way leads back.
func (f *Flows) verifyCredential() state {
	return state{
		Actions: []action{
			{
				Name:        "webauthn_verify_attestation_response",
				Description: "Hand over the new credential.",
				Offered: func(t *turn) bool {
					c := t.Env.config()
					return t.Data.WebauthnAvailable && (c.Passkey.Enabled || c.MFA.Enabled && c.MFA.SecurityKeys.Enabled)
				},
				Inputs: flow.Inputs[Data, *Env](flow.JSON("public_key").Required()),
				Run:    f.storeOwnCredential,
			},
			back,
		},
	}
}

func (f *Flows) storeOwnCredential(t *turn) (flow.Outcome, error) {
	made, err := f.passkeys.Created(t.Env.Tenant, t.Data.Ceremony, t.JSON("public_key"), t.Now())
	if _, ok := errors.AsType[*passkey.Refused](err); ok {
		t.Flag(flow.PasskeyInvalid)
		return next(), nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.user(t); err != nil {
		return nil, err
	}
	action, template := "webauthn_credential_create", mail.TemplatePasskeyCreate
	if made.MFAOnly {
		action, template = "security_key_create", mail.TemplateMFACreate
	}
	if !profileRules()[action].offered(ownOf(t)) { // she got others, or the settings were changed, meanwhile
		t.Flag(flow.NotPermitted)
		return next(), nil
	}
	u := f.change(t)
	t.Data.NewCredentials = []passkey.Credential{*made}
	f.notify(t, u, event.MailPayload{Template: template})
	return next(), f.storeCredentials(t)
}

func (f *Flows) passkeyRename() action {
	return action{
		Name: "webauthn_credential_rename", Description: "Name a passkey or security key.",
		Inputs: flow.Inputs[Data, *Env](flow.String("passkey_id").Required().Hidden(), flow.String("passkey_name").Required()),
		Run: func(t *turn) (flow.Outcome, error) {
			c, name := t.Env.user.Credential(t.Input("passkey_id")), t.Input("passkey_name")
			switch {
			case c == nil:
				return flow.Fail(flow.NotFound), nil
			case utf8.RuneCountInString(name) > maxCredentialName:
				return flow.Reject("passkey_name", flow.ValueTooLong), nil
			}
			t.Env.Work.Do(passkey.Rename(t.Data.UserID, c.ID, name))
			kind := event.PasskeyRenamed
			if c.MFAOnly {
				kind = event.SecurityKeyRenamed
			}
			f.audit(t, kind, t.Data.actor(), map[string]any{"credential_id": c.ID}, "")
			return flow.Stay(), nil
		},
	}
}

// passkeyDelete deletes security keys, too: clients use it for both. One that the tenant insists on stays.
func (f *Flows) passkeyDelete() action {
	return action{
		Name: "webauthn_credential_delete", Description: "Remove a passkey.",
		Inputs: flow.Inputs[Data, *Env](flow.String("passkey_id").Required().Hidden()),
		Run: func(t *turn) (flow.Outcome, error) {
			c := t.Env.user.Credential(t.Input("passkey_id"))
			switch {
			case c == nil:
				return flow.Fail(flow.NotFound), nil
			case c.MFAOnly && ownOf(t).lastKey(), ownOf(t).stranded(func(u *user.User) { u.RemoveCredential(c.ID) }):
				return flow.Fail(flow.NotPermitted), nil
			}
			id, mfaOnly := c.ID, c.MFAOnly
			f.deleteCredential(t, id)
			f.audit(t, event.PasskeyDeleted, t.Data.actor(), map[string]any{"credential_id": id}, "")
			if mfaOnly {
				f.notify(t, t.Env.user, event.MailPayload{Template: mail.TemplateMFADelete})
			}
			return flow.Stay(), nil
		},
	}
}
