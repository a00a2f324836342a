package wire

import (
	"context"

	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/worker"
)

// An smtpMailer sends a tenant's mails through the tenant's mail host, or the operator's where it has none.
type smtpMailer struct {
	fallback settings.EmailDelivery
	// guarded reaches public addresses only; the operator's own host is exempt.
	guarded, open mail.Dialer
	ownHost       string
	single        bool
}

// NewSMTPMailer sends mails by SMTP, through hosts as the settings and the tenants say.
func NewSMTPMailer(s *settings.Settings) worker.Mailer {
	return &smtpMailer{
		fallback: s.DefaultEmailDelivery,
		guarded:  safehttp.NewDialer(safehttp.Options{AllowCIDRs: s.Egress.AllowCIDRs, AllowLoopback: s.Dev.Enabled}),
		open:     safehttp.NewDialer(safehttp.Options{Unguarded: true}),
		ownHost:  config.Default().EmailDelivery.SMTP.Host,
		single:   !s.MultiTenancy.Enabled,
	}
}

// Send sends a mail.
func (m *smtpMailer) Send(ctx context.Context, t *tenants.Tenant, message mail.Message) error {
	cfg := t.Config.EmailDelivery
	host := mail.SMTP{Host: cfg.SMTP.Host, Port: cfg.SMTP.Port, User: cfg.SMTP.User, Password: cfg.SMTP.Password}
	dialer := m.guarded
	if m.single || host.Host == m.ownHost {
		dialer = m.open
	}
	if host.Host == m.ownHost && !m.single && m.fallback.Enabled {
		d := m.fallback.SMTP
		host = mail.SMTP{Host: d.Host, Port: d.Port, User: d.User, Password: d.Password.Reveal()}
		if m.fallback.FromAddress != "" {
			message.From = mail.Address{Name: m.fallback.FromName, Address: m.fallback.FromAddress}
		}
	}
	return host.Send(ctx, dialer, message)
}
