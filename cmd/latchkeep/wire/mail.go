package wire

import (
	"context"
	"errors"

	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/worker"
)

// errNoMailHost is returned for the mails of a tenant without a mail host where the operator has none either.
var errNoMailHost = errors.New("there is no mail host: set default_email_delivery, or email_delivery.smtp of the tenant")

// An smtpMailer sends a tenant's mails through the tenant's mail host, or the operator's where it has none.
type smtpMailer struct {
	fallback settings.EmailDelivery
	// guarded reaches public addresses only; the operator's own host is exempt.
	guarded, open mail.Dialer
	single        bool
}

// NewSMTPMailer sends mails by SMTP, through hosts as the settings and the tenants say.
func NewSMTPMailer(s *settings.Settings) worker.Mailer {
	return &smtpMailer{
		fallback: s.DefaultEmailDelivery,
		guarded:  safehttp.NewDialer(safehttp.Options{AllowCIDRs: s.Egress.AllowCIDRs, AllowLoopback: s.Dev.Enabled}),
		open:     safehttp.NewDialer(safehttp.Options{Unguarded: true}),
		single:   !s.MultiTenancy.Enabled,
	}
}

// NamesMailHost reports whether a tenant names a mail host of its own: another than the one that every configuration begins with.
func NamesMailHost(t *tenants.Tenant) bool {
	usual, given := config.Default().EmailDelivery.SMTP, t.Config.EmailDelivery.SMTP
	return given.Host != usual.Host || given.Port != usual.Port
}

// Send sends a mail.
func (m *smtpMailer) Send(ctx context.Context, t *tenants.Tenant, message mail.Message) error {
	given := t.Config.EmailDelivery.SMTP
	host := mail.SMTP{Host: given.Host, Port: given.Port, User: given.User, Password: given.Password, TLS: given.Policy()}
	switch {
	case m.single: // the operator wrote the configuration
		return host.Send(ctx, m.open, message)
	case NamesMailHost(t):
		return host.Send(ctx, m.guarded, message)
	case !m.fallback.Enabled:
		return errNoMailHost
	}
	d := m.fallback.SMTP
	host = mail.SMTP{Host: d.Host, Port: d.Port, User: d.User, Password: d.Password.Reveal(), TLS: mail.PolicyOf(d.TLS)}
	if m.fallback.FromAddress != "" {
		message.From = mail.Address{Name: m.fallback.FromName, Address: m.fallback.FromAddress}
		if message.DKIM != nil && !message.DKIM.Covers(m.fallback.FromAddress) {
			message.DKIM = nil // a signature of another domain than the sender's counts for nothing
		}
	}
	return host.Send(ctx, m.open, message)
}
