package flows

import (
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// What a person can do with her addresses. Spec: flow-profile §7, §8.1.

func (f *Flows) emailCreate() action {
	return action{
		Name:        "email_create",
		Description: "Add an e-mail address.",
		Inputs: func(t *turn) []flow.Input {
			return []flow.Input{flow.Email("email").Required().Max(t.Env.config().Email.MaxLength).Trim().Lowercase()}
		},
		Run:   f.addOwnEmail,
		Leads: []stateName{stateProfileInit, statePasscodeConfirmation},
	}
}

// addOwnEmail stores an address, or first asks for the code that is mailed there. Somebody else's address is treated like a free one, with
// a mail that says so instead of a code, and nothing to come: no code can succeed.
func (f *Flows) addOwnEmail(t *turn) (flow.Outcome, error) {
	c, address := t.Env.config(), t.Input("email")
	owner, err := f.users.OwnerOf(t.Context(), t.Env.Tenant, address)
	if err != nil {
		return nil, err
	}
	if owner.Exists && (owner.UserID == t.Data.UserID || !c.Email.RequireVerification || c.Privacy.ShowAccountExistenceHints) {
		return flow.Reject("email", flow.EmailAlreadyExists), nil
	}
	f.setAddress(t, address)
	switch {
	case owner.Exists:
		t.Data.PasscodeTemplate = mail.TemplateRegistrationAttempted
		return flow.Continue(statePasscodeConfirmation), nil
	case c.Email.RequireVerification:
		t.Data.PasscodeTemplate = mail.TemplateVerification
		return flow.Continue(statePasscodeConfirmation, stateProfileInit), nil
	}
	f.addAddress(t, f.change(t))
	return flow.Stay(), nil
}

func (f *Flows) emailVerify() action {
	return action{
		Name:        "email_verify",
		Description: "Prove to own an e-mail address.",
		Inputs:      flow.Inputs[Data, *Env](flow.String("email_id").Required().Hidden()),
		Run: func(t *turn) (flow.Outcome, error) {
			e := t.Env.user.Email(t.Input("email_id"))
			if e == nil {
				return flow.Fail(flow.NotFound), nil
			}
			f.setAddress(t, e.Address)
			t.Data.CreateEmail = false
			t.Data.PasscodeTemplate = mail.TemplateVerification
			return flow.Continue(statePasscodeConfirmation, stateProfileInit), nil
		},
		Leads: []stateName{statePasscodeConfirmation, stateProfileInit},
	}
}

// storeOwnAddress stores the address whose code was just entered. She may have got too many others while she looked for the mail.
func (f *Flows) storeOwnAddress(t *turn) error {
	if !t.Data.EmailVerified {
		return nil
	}
	u, err := f.user(t)
	if err != nil {
		return err
	}
	if find(u.Emails, t.Data.Email) == nil && len(u.Emails) >= t.Env.config().Email.Limit {
		t.Flag(flow.NotPermitted)
		return nil
	}
	f.change(t)
	return f.storeAddress(t)
}

func (f *Flows) emailDelete() action {
	return action{
		Name:        "email_delete",
		Description: "Remove an e-mail address.",
		Inputs: func(t *turn) []flow.Input {
			o := ownOf(t)
			var choices []flow.Choice
			for _, e := range o.user.Emails {
				if o.deletable(e) {
					choices = append(choices, flow.Choice{Value: e.ID.String(), Name: e.Address})
				}
			}
			return []flow.Input{flow.String("email_id").Required().Hidden().Allowed(choices...)}
		},
		Run: f.deleteOwnEmail,
	}
}

// deleteOwnEmail looks at the rule again: where no address can be deleted, the input's list is empty and lets everything through.
func (f *Flows) deleteOwnEmail(t *turn) (flow.Outcome, error) {
	e := t.Env.user.Email(t.Input("email_id"))
	switch {
	case e == nil:
		return flow.Reject("email_id", flow.ValueInvalid), nil
	case !ownOf(t).deletable(*e):
		return flow.Fail(flow.NotPermitted), nil
	}
	id, address, before := e.ID, e.Address, *t.Env.user
	u := f.change(t)
	t.Env.Work.Do(u.RemoveEmail(id))
	f.notify(t, &before, event.MailPayload{Template: mail.TemplateEmailDelete, Deleted: address})
	f.audit(t, event.EmailDeleted, t.Data.actor(), map[string]any{"email": address}, "")
	f.webhookUser(t, event.UserEmailDelete, u)
	return flow.Stay(), nil
}

func (f *Flows) emailSetPrimary() action {
	return action{
		Name:        "email_set_primary",
		Description: "Make an e-mail address the primary one.",
		Inputs:      flow.Inputs[Data, *Env](flow.String("email_id").Required().Hidden()),
		Run:         f.setPrimaryEmail,
	}
}

func (f *Flows) setPrimaryEmail(t *turn) (flow.Outcome, error) {
	e := t.Env.user.Email(t.Input("email_id"))
	switch {
	case e == nil:
		return flow.Fail(flow.NotFound), nil
	case e.IsPrimary:
		return flow.Stay(), nil
	}
	id, address, before := e.ID, e.Address, *t.Env.user
	u := f.change(t)
	t.Env.Work.Do(u.MakePrimary(id))
	f.notify(t, &before, event.MailPayload{Template: mail.TemplatePrimaryEmailUpdate, Old: before.PrimaryAddress(), New: address})
	f.audit(t, event.PrimaryEmailChanged, t.Data.actor(), map[string]any{"email": address}, "")
	f.webhookUser(t, event.UserEmailPrimary, u)
	return flow.Stay(), nil
}
