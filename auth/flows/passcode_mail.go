package flows

import (
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/passcode"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// binding is what a passcode of the flow is good for just now.
func binding(t *turn) passcode.Binding {
	return passcode.Binding{FlowID: t.FlowID(), Purpose: t.Data.PasscodeTemplate, Address: t.Data.Email}
}

// sendPasscode mails a code on entering the state, unless the one mailed before is still good for the same address and purpose. Only a mail
// that goes out counts against the limit. Spec: flow-login-registration §8.2.
func (f *Flows) sendPasscode(t *turn) error {
	if t.Failed() || t.Env.mailed {
		return nil
	}
	b := binding(t)
	sent := t.Data.Passcode
	if sent.Address != b.Address || sent.Template != b.Purpose {
		t.Data.Passcode = sentPasscode{}
	} else {
		usable, err := f.passcodes.Usable(t.Context(), t.Env.Tenant, sent.ID, b, t.Now())
		if err != nil || usable {
			return err
		}
	}
	wait, err := f.limits.passcode(t, b.Address)
	if err != nil {
		return err
	}
	if wait.exceeded {
		t.Set("resend_after", wait.seconds())
		t.Env.retryAfter = wait.retry
		t.Flag(flow.RateLimitExceeded)
		return nil
	}
	return f.mailPasscode(t)
}

// mailPasscode makes a code and queues its mail. A notice is sent like a code, which it does not contain: the flow looks the same.
func (f *Flows) mailPasscode(t *turn) error {
	b := binding(t)
	p, err := f.passcodes.New(t.Env.Tenant, b, t.Now())
	if err != nil {
		return err
	}
	t.Env.Work.Do(p.Save)
	t.Env.mailed = true
	t.Data.Passcode = sentPasscode{ID: p.ID, Address: b.Address, Template: b.Purpose}

	m := event.MailPayload{Template: b.Purpose, To: b.Address, Language: t.Env.Client.Language}
	if !isNotice(b.Purpose) {
		m.Code = p.Code
		m.TTL = int(p.TTL.Seconds())
		m.ValidUntil = p.ValidUntil.Unix()
	}
	t.Env.Work.Emit(event.Mail(t.Env.Tenant, m)...)
	return nil
}

// keepPasscode lets the passcode that was mailed survive going back.
func keepPasscode(from, to *Data) { to.Passcode = from.Passcode }

// askForCode prepares for the code that proves an address of the person's.
func (f *Flows) askForCode(t *turn, address string) {
	f.setAddress(t, address)
	t.Data.CreateEmail = false
	t.Data.PasscodeTemplate = mail.TemplateVerification
}
