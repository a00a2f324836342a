// Package letter writes the mails of a tenant: what a request asked to be told, in the language it was made in, in the tenant's own words
// where it has some, signed where it signs. It sends nothing by itself. Spec: email §3 to §5.
package letter

import (
	"fmt"
	"time"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Letter is a mail in words.
type Letter struct {
	mail.Rendered
	// Fallback says why the tenant's own words were not used though there are some; nil where they were, or where there are none.
	Fallback error
}

// Write writes a mail of a tenant. Words of her own that cannot be rendered give way to those built in: a mail that looks otherwise is better
// than none. Error: mail.ErrUnknownTemplate.
func Write(t *tenants.Tenant, p event.MailPayload) (Letter, error) {
	return write(t, p, func(language string) (*mail.Wording, error) {
		return wordingsOf(t).of(p.Template, language)
	})
}

func write(t *tenants.Tenant, p event.MailPayload, own func(language string) (*mail.Wording, error)) (Letter, error) {
	data := mail.Data{
		ServiceName: t.Config.Service.Name,
		Code:        p.Code,
		TTL:         time.Duration(p.TTL) * time.Second,
		OldAddress:  p.Old, NewAddress: p.New, DeletedAddress: p.Deleted,
	}
	language := mail.MatchLanguage(p.Language)
	builtIn, err := mail.Render(p.Template, language, data)
	if err != nil {
		return Letter{}, fmt.Errorf("render mail: %w", err)
	}
	l := Letter{Rendered: builtIn}
	var words *mail.Wording
	if words, l.Fallback = own(language); words != nil {
		l.Rendered, l.Fallback = words.Render(builtIn, language, data) // what is built in where it fails
	}
	return l, nil
}

// Address puts a letter into its envelope. A sender that the tenant's signature does not speak for goes unsigned. The id stays the same at
// every try, so that a duplicate is known as one.
func (l Letter) Address(t *tenants.Tenant, id, to string) (mail.Message, error) {
	from := t.Config.EmailDelivery
	m := mail.Message{
		ID:      id,
		From:    mail.Address{Name: from.FromName, Address: from.FromAddress},
		To:      mail.Address{Address: to},
		Subject: l.Subject, Text: l.Text, HTML: l.HTML,
	}
	signer, err := tenants.Memo(t, signerKey{}, t.Config.EmailDelivery.DKIM.Signer)
	if err != nil {
		return m, fmt.Errorf("email_delivery.dkim: %w", err)
	}
	m.DKIM = signer
	return m, nil
}

type signerKey struct{}

// wordings are the own texts of a tenant, and why some are not.
type wordings map[wordingKey]wording

type wording struct {
	words *mail.Wording
	err   error
}

// A wordingKey names a template in a language; an empty language is every other.
type wordingKey struct{ template, language string }

type wordingsKey struct{}

// wordingsOf are the own texts of a tenant, made once for a snapshot.
func wordingsOf(t *tenants.Tenant) wordings {
	all, _ := tenants.Memo(t, wordingsKey{}, func() (wordings, error) {
		all := wordings{}
		for _, own := range t.Config.EmailDelivery.Templates {
			words, err := own.Wording()
			all[wordingKey{own.Template, own.Language}] = wording{words, err}
		}
		return all, nil
	})
	return all
}

// of is the text for a template in a language; nil where there is none. Error: why it cannot be used.
func (w wordings) of(template, language string) (*mail.Wording, error) {
	own, ok := w[wordingKey{template, language}]
	if !ok {
		own = w[wordingKey{template, ""}]
	}
	return own.words, own.err
}
