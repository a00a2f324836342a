package letter

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Draft is a mail to look at.
type Draft struct {
	// Template is one of mail.Templates, Language a tag such as de; empty: login, in English.
	Template, Language string
	// Words are tried in place of what is configured; nil: what is configured.
	Words *mail.Override
}

// Preview writes a draft with sample values. Errors: invalid_mail with the parts of the draft that are wrong.
func Preview(t *tenants.Tenant, d Draft) (Letter, error) {
	if d.Template == "" {
		d.Template = mail.TemplateLogin
	}
	if !slices.Contains(mail.Templates(), d.Template) {
		return Letter{}, invalid("template", "must be one of "+strings.Join(mail.Templates(), ", "))
	}
	sample := mail.Sample()
	p := event.MailPayload{
		Template: d.Template, Language: d.Language, Code: sample.Code, TTL: t.Config.Email.PasscodeTTL,
		Old: sample.OldAddress, New: sample.NewAddress, Deleted: sample.DeletedAddress,
	}
	if d.Words == nil {
		return Write(t, p)
	}
	wording, err := mail.Compile(d.Template, *d.Words)
	var wrong *mail.WordingError
	if errors.As(err, &wrong) {
		return Letter{}, invalid(wrong.Part, wrong.Reason)
	}
	if err != nil {
		return Letter{}, err
	}
	return write(t, p, func(string) (*mail.Wording, error) { return wording, nil })
}

func invalid(path, reason string) error {
	return problem.Invalid("invalid_mail", "the mail is not valid", problem.Field{Path: path, Reason: reason})
}

// A Mailer sends a tenant's mail.
type Mailer interface {
	Send(ctx context.Context, t *tenants.Tenant, m mail.Message) error
}

// An Outcome says what became of a test.
type Outcome struct {
	// Taken says that the mail host has taken the mail.
	Taken bool
	// Reason says why not; it names the mail host, and no password.
	Reason string
	// Permanent says that trying again is in vain.
	Permanent bool
}

// Test sends a draft to an address at once, through the tenant's mail host. What the host says is no error. Errors: those of Preview;
// invalid_mail for an address that is none; email_delivery_disabled.
func Test(ctx context.Context, mailer Mailer, t *tenants.Tenant, to string, d Draft) (Outcome, error) {
	if !t.Config.EmailDelivery.Enabled {
		return Outcome{}, problem.Conflict("email_delivery_disabled", "the tenant delivers its mails itself: email_delivery.enabled is false")
	}
	l, err := Preview(t, d)
	if err != nil {
		return Outcome{}, err
	}
	m, err := l.Address(t, uuid.NewString(), to)
	if err == nil {
		err = m.Check()
		if err != nil {
			return Outcome{}, invalid("to", "must be an address such as kim@shop.example")
		}
		err = mailer.Send(ctx, t, m)
	}
	if err != nil {
		return Outcome{Reason: err.Error(), Permanent: mail.Permanent(err)}, nil
	}
	return Outcome{Taken: true}, nil
}
