package config

import (
	"errors"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"

	"github.com/latchkeep/latchkeep/pkg/mail"
)

// EmailDelivery says how mails are sent.
type EmailDelivery struct {
	Enabled     bool   `json:"enabled" doc:"Send mails by SMTP. The email.send webhook is called either way."`
	FromAddress string `json:"from_address" doc:"Sender address."`
	FromName    string `json:"from_name" doc:"Sender name."`
	SMTP        SMTP   `json:"smtp" doc:"The mail server."`
	DKIM        DKIM   `json:"dkim" doc:"How mails are signed."`
	// Templates are the tenant's own texts.
	Templates []MailTemplate `json:"templates" doc:"Own texts of mails, in place of those built in."`
}

// SMTP is a mail server.
type SMTP struct {
	Host     string `json:"host" doc:"Host name of the mail server."`
	Port     string `json:"port" doc:"Port: 465 means implicit TLS."`
	User     string `json:"user" doc:"User name; empty means no authentication."`
	Password string `json:"password" secret:"true" doc:"Password."`
	TLS      string `json:"tls" enum:"opportunistic,required,implicit" doc:"On other ports than 465: opportunistic starts plain and uses STARTTLS when offered; required sends nothing to a host that does not offer it; implicit begins with TLS."`
}

// Policy is the policy of TLS, for [mail.SMTP].
func (s SMTP) Policy() mail.TLSPolicy { return mail.PolicyOf(s.TLS) }

// DKIM says how mails are signed (RFC 6376), so that who receives them can tell that the owner of the domain vouches for them.
type DKIM struct {
	Domain     string `json:"domain" doc:"The domain that signs: that of from_address, or one above it. Empty signs nothing."`
	Selector   string `json:"selector" doc:"Name of the key: its public part is the TXT record SELECTOR._domainkey.DOMAIN."`
	PrivateKey string `json:"private_key" secret:"true" doc:"The private key in PEM: RSA of 2048 to 4096 bits, or Ed25519."`
}

// Signer makes what signs. It is nil where nothing is configured. Errors: those of [mail.NewDKIM].
func (d DKIM) Signer() (*mail.DKIM, error) {
	if d == (DKIM{}) {
		return nil, nil
	}
	return mail.NewDKIM(d.Domain, d.Selector, d.PrivateKey)
}

// MaxMailTemplates is how many own texts of mails a tenant can have: all in all languages.
const MaxMailTemplates = 150

// MailTemplate is a tenant's own text of a mail. See [mail.Override].
type MailTemplate struct {
	Template string `json:"template" doc:"Which mail: login, recovery, email_verification, email_login_attempted, email_registration_attempted, password_update, primary_email_update, email_create, email_delete, passkey_create, mfa_create, mfa_delete or passkey_clone."`
	Language string `json:"language" doc:"For this language alone; empty for all that have no text of their own."`
	Subject  string `json:"subject" doc:"Subject; empty for the one built in."`
	Text     string `json:"text" doc:"Plain text; empty for the one built in."`
	HTML     string `json:"html" doc:"HTML page; empty for the one built in."`
}

// Wording makes what renders. Errors: those of [mail.Compile].
func (t MailTemplate) Wording() (*mail.Wording, error) {
	return mail.Compile(t.Template, mail.Override{Subject: t.Subject, Text: t.Text, HTML: t.HTML})
}

func (p *Problems) email(d EmailDelivery) {
	p.mailTemplates(d.Templates)
	if !d.Enabled {
		return
	}
	if blank(d.SMTP.Host) {
		p.add("email_delivery.smtp.host", "must not be empty when email_delivery.enabled is true")
	}
	port, err := strconv.ParseUint(strings.TrimSpace(d.SMTP.Port), 10, 16)
	switch {
	case blank(d.SMTP.Port):
		p.add("email_delivery.smtp.port", "must not be empty when email_delivery.enabled is true")
	case err != nil || port == 0:
		p.add("email_delivery.smtp.port", "must be a number from 1 to 65535")
	}
	if address, err := netmail.ParseAddress(d.FromAddress); err != nil || address.Address != d.FromAddress {
		p.add("email_delivery.from_address", "must be an address such as noreply@shop.example; the name goes to email_delivery.from_name")
	}
	if strings.ContainsAny(d.FromName, "\r\n") {
		p.add("email_delivery.from_name", "must be one line")
	}
	p.dkim(d)
}

// dkim checks that mails can be signed, and that the signature speaks for the sender.
func (p *Problems) dkim(d EmailDelivery) {
	if d.DKIM == (DKIM{}) || d.DKIM.PrivateKey == Placeholder {
		return
	}
	signer, err := d.DKIM.Signer()
	switch {
	case errors.Is(err, mail.ErrDKIMDomain):
		p.add("email_delivery.dkim.domain", "%s", err)
	case errors.Is(err, mail.ErrDKIMSelector):
		p.add("email_delivery.dkim.selector", "%s", err)
	case err != nil:
		p.add("email_delivery.dkim.private_key", "%s", err)
	case !signer.Covers(d.FromAddress):
		p.add("email_delivery.dkim.domain", "must be the domain of email_delivery.from_address, or one above it: else the signature counts for nothing")
	}
}

// mailTemplates checks the tenant's own texts.
func (p *Problems) mailTemplates(templates []MailTemplate) {
	if len(templates) > MaxMailTemplates {
		p.add("email_delivery.templates", "must be at most %d", MaxMailTemplates)
		return
	}
	seen := map[[2]string]bool{}
	for i, t := range templates {
		path := index("email_delivery.templates", i)
		if t.Language != "" && !slices.Contains(mail.Languages(), t.Language) {
			p.add(path+".language", "must be empty, for all languages, or one of %s", strings.Join(mail.Languages(), ", "))
		}
		if seen[[2]string{t.Template, t.Language}] {
			p.add(path, "is the second one for this template and language")
		}
		seen[[2]string{t.Template, t.Language}] = true
		if t.Subject+t.Text+t.HTML == "" {
			p.add(path, "needs a subject, a text or html")
		}
		_, err := t.Wording()
		var wrong *mail.WordingError
		switch {
		case errors.As(err, &wrong):
			p.add(path+"."+wrong.Part, "%s", wrong.Reason)
		case err != nil:
			p.add(path+".template", "must be one of %s", strings.Join(mail.Templates(), ", "))
		}
	}
}
