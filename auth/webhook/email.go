package webhook

import (
	"encoding/json"
	"fmt"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/letter"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants"
)

// emailData is what email.send tells. Spec: webhooks §4.3.
type emailData struct {
	Subject          string `json:"subject"`
	BodyPlain        string `json:"body_plain"`
	Body             string `json:"body,omitempty"`
	To               string `json:"to_email_address"`
	DeliveredByHanko bool   `json:"delivered_by_hanko"`
	AcceptLanguage   string `json:"accept_language"`
	Language         string `json:"language"`
	Type             string `json:"type"`
	Data             any    `json:"data"`
}

type passcodeData struct {
	ServiceName string `json:"service_name,omitempty"`
	Code        string `json:"otp_code,omitempty"`
	TTL         int    `json:"ttl,omitempty"`
	ValidUntil  int64  `json:"valid_until,omitempty"`
}

type securityData struct {
	Template    string `json:"template"`
	ServiceName string `json:"service_name,omitempty"`
	New         string `json:"new_email_address,omitempty"`
	Old         string `json:"old_email_address,omitempty"`
	Deleted     string `json:"deleted_email_address,omitempty"`
}

const securityType = "security_notification"

// renderEmail makes of a mail that was asked for what email.send tells. It is rendered when it is sent, so that no rendered code waits anywhere.
func renderEmail(t *tenants.Tenant, stored json.RawMessage) (json.RawMessage, error) {
	var p event.MailPayload
	if err := json.Unmarshal(stored, &p); err != nil {
		return nil, fmt.Errorf("read mail: %w", err)
	}
	rendered, err := letter.Write(t, p)
	if err != nil {
		return nil, err
	}
	service := t.Config.Service.Name
	d := emailData{
		Subject: rendered.Subject, BodyPlain: rendered.Text, Body: rendered.HTML, To: p.To,
		DeliveredByHanko: t.Config.EmailDelivery.Enabled, Language: p.Language,
	}
	switch p.Template {
	case mail.TemplateLogin, mail.TemplateRecovery, mail.TemplateVerification,
		mail.TemplateLoginAttempted, mail.TemplateRegistrationAttempted:
		d.Type, d.AcceptLanguage = p.Template, p.Language
		d.Data = passcodeData{ServiceName: service, Code: p.Code, TTL: p.TTL, ValidUntil: p.ValidUntil}
	default:
		d.Type = securityType
		d.Data = securityData{Template: p.Template, ServiceName: service, New: p.New, Old: p.Old, Deleted: p.Deleted}
	}
	return json.Marshal(d)
}
