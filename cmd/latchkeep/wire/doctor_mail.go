package wire

import (
	"context"

	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// mail looks whether the operator's mail host takes us in. Hosts that tenants name are theirs to look after, and are not called.
func (d *diagnosis) mail(ctx context.Context, only *config.Config) {
	const remedy = "check the host, the port, and the user and password of "
	host, setting, meant := mail.SMTP{}, "default_email_delivery", d.s.DefaultEmailDelivery.Enabled
	switch given := d.s.DefaultEmailDelivery.SMTP; {
	case only != nil && !only.EmailDelivery.Enabled:
		d.note(Healthy, "mail", "", "not sent: email_delivery.enabled is false")
		return
	case only != nil:
		smtp, usual := only.EmailDelivery.SMTP, config.Default().EmailDelivery.SMTP
		host = mail.SMTP{Host: smtp.Host, Port: smtp.Port, User: smtp.User, Password: smtp.Password, TLS: smtp.Policy()}
		setting, meant = "email_delivery", smtp.Host != usual.Host || smtp.Port != usual.Port
	case !meant:
		d.note(Healthy, "mail", "", "only of tenants that name a host: default_email_delivery is not enabled")
		return
	default:
		host = mail.SMTP{Host: given.Host, Port: given.Port, User: given.User, Password: given.Password.Reveal(), TLS: mail.PolicyOf(given.TLS)}
	}
	host.Timeout, host.ConnectTimeout = checkup, checkup
	encrypted, err := host.Probe(ctx, safehttp.NewDialer(safehttp.Options{Unguarded: true}))
	switch {
	case err != nil && meant:
		d.note(Broken, "mail", remedy+setting, "%v", err)
	case err != nil: // nobody has chosen a host yet
		d.note(Doubt, "mail", "set "+setting+".smtp: see docs/smtp.md", "%v", err)
	case !encrypted:
		d.note(Healthy, "mail", "", "%s:%s takes mails, unencrypted; %s.smtp.tls: required refuses that", host.Host, host.Port, setting)
	default:
		d.note(Healthy, "mail", "", "%s:%s takes mails", host.Host, host.Port)
	}
}
