package flows

import (
	"strconv"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// notify tells a person by mail of a change to her account: at her primary address as of before the change, so that whoever took the account
// over cannot divert it. Without one, and where the tenant switched the notification off, nobody is told. Spec: flow-profile §10, email §4.
func (f *Flows) notify(t *turn, before *user.User, m event.MailPayload) {
	f.tell(t, event.Actor{UserID: before.ID, Email: before.PrimaryAddress()}, m)
}

// tell is notify for somebody of whom no more is known than her address.
func (f *Flows) tell(t *turn, who event.Actor, m event.MailPayload) {
	m.To = who.Email
	if m.To == "" || !notifies(t.Env.config().SecurityNotifications.Notifications, m.Template) {
		return
	}
	m.Language = t.Env.Client.Language
	t.Env.Work.Emit(event.Mail(t.Env.Tenant, m)...)
	t.Env.Work.Emit(event.Audit(t.Env.Tenant, t.Env.Client, event.NotificationSent, who, map[string]any{
		"template":           m.Template,
		"email_address":      m.To,
		"delivered_by_hanko": strconv.FormatBool(t.Env.config().EmailDelivery.Enabled),
	}, ""))
}

// notifies says whether the tenant sends a notification: each has a switch of its own.
func notifies(n config.Notifications, template string) bool {
	switch template {
	case mail.TemplatePasswordUpdate:
		return n.PasswordUpdate.Enabled
	case mail.TemplatePrimaryEmailUpdate:
		return n.PrimaryEmailUpdate.Enabled
	case mail.TemplateEmailCreate:
		return n.EmailCreate.Enabled
	case mail.TemplateEmailDelete:
		return n.EmailDelete.Enabled
	case mail.TemplatePasskeyCreate:
		return n.PasskeyCreate.Enabled
	case mail.TemplateMFACreate:
		return n.MFACreate.Enabled
	case mail.TemplateMFADelete:
		return n.MFADelete.Enabled
	case mail.TemplatePasskeyClone:
		return n.PasskeyClone.Enabled
	}
	return false
}
