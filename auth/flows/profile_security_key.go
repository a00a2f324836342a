package flows

import (
	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// What a person can do with her security keys; renaming is one with that of passkeys. Spec: flow-profile §7.

func (f *Flows) securityKeyCreate() action {
	return f.credentialCreate("security_key_create", "Set up a security key.", passkey.SecurityKey)
}

func (f *Flows) securityKeyDelete() action {
	return action{
		Name: "security_key_delete", Description: "Remove a security key.",
		Inputs: flow.Inputs[Data, *Env](flow.String("security_key_id").Required().Hidden()),
		Run: func(t *turn) (flow.Outcome, error) {
			c := t.Env.user.Credential(t.Input("security_key_id"))
			if c == nil || !c.MFAOnly {
				return flow.Fail(flow.NotFound), nil
			}
			id := c.ID
			f.deleteCredential(t, id)
			f.audit(t, event.SecurityKeyDeleted, t.Data.actor(), map[string]any{"credential_id": id}, "")
			f.notify(t, t.Env.user, event.MailPayload{Template: mail.TemplateMFADelete})
			return flow.Stay(), nil
		},
	}
}

// deleteCredential takes a passkey or security key from the person.
func (f *Flows) deleteCredential(t *turn, id string) {
	u := f.change(t)
	t.Env.Work.Do(passkey.Delete(u.ID, id))
	t.Env.Work.Do(devicetrust.Forget(u.ID))
	u.RemoveCredential(id)
}
