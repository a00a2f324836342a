package settings

import (
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// String lists the effective settings, one a line, without secrets.
func (s *Settings) String() string {
	var b strings.Builder
	for _, line := range s.lines() {
		fmt.Fprintf(&b, "%s = %s\n", line.path, line.text)
	}
	return b.String()
}

// GoString keeps %#v from walking into the tenant's part.
func (s *Settings) GoString() string { return s.String() }

// LogValue groups the effective settings, without secrets.
func (s *Settings) LogValue() slog.Value {
	attrs := []slog.Attr{}
	for _, line := range s.lines() {
		attrs = append(attrs, slog.String(line.path, line.text))
	}
	return slog.GroupValue(attrs...)
}

// LogValue keeps slog from printing what may hold secrets of the tenant.
func (t Tenant) LogValue() slog.Value { return slog.StringValue(t.String()) }

// GoString keeps %#v from printing what may hold secrets of the tenant.
func (t Tenant) GoString() string { return t.String() }

func (t Tenant) String() string {
	if len(t.Values) == 0 {
		return ""
	}
	return redacted
}

// showURL is a URL without what signs in to it.
func showURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Redacted()
}

type line struct{ path, text string }

func (s *Settings) lines() []line {
	limit := func(l Limit) string { return fmt.Sprintf("%d per %v", l.Tokens, l.Interval) }
	never := func(d time.Duration) string {
		if d == 0 {
			return "never"
		}
		return d.String()
	}
	return []line{
		{"server.public.address", s.Server.Public.Address},
		{"server.admin.address", s.Server.Admin.Address},
		{"server.console.address", s.Server.Console.Address},
		{"server.ops.address", s.Server.Ops.Address},
		{"server.drain_delay", s.Server.DrainDelay.String()},
		{"server.ip.extractor", s.Server.IP.Extractor},
		{"server.ip.trusted_proxies", fmt.Sprint(s.Server.IP.TrustedProxies)},
		{"public.base_url", s.Public.BaseURL.String()},
		{"admin.base_url", s.Admin.BaseURL.String()},
		{"console.base_url", s.Console.BaseURL.String()},
		{"database.url", s.Database.URL.String()},
		{"database.migrate_url", s.Database.MigrateURL.String()},
		{"database.auto_migrate", fmt.Sprint(s.Database.AutoMigrate)},
		{"database.transaction_pooler", fmt.Sprint(s.Database.TransactionPooler)},
		{"database.pool", fmt.Sprint(s.Database.Pool)},
		{"database.idle_pool", fmt.Sprint(s.Database.IdlePool)},
		{"database.conn_max_lifetime", never(s.Database.ConnMaxLifetime)},
		{"database.conn_max_idletime", never(s.Database.ConnMaxIdleTime)},
		{"redis.url", s.Redis.URL.String()},
		{"secrets.keys", fmt.Sprintf("%d %s", len(s.Secrets.Keys), redacted)},
		{"rate_limiter.enabled", fmt.Sprint(s.RateLimiter.Enabled)},
		{"rate_limiter.store", s.RateLimiter.Store},
		{"rate_limiter.passcode_limits", limit(s.RateLimiter.Passcode)},
		{"rate_limiter.otp_limits", limit(s.RateLimiter.OTP)},
		{"rate_limiter.password_limits", limit(s.RateLimiter.Password)},
		{"rate_limiter.token_limits", limit(s.RateLimiter.Token)},
		{"rate_limiter.account_passcode_limits", limit(s.RateLimiter.AccountPasscode)},
		{"rate_limiter.account_password_limits", limit(s.RateLimiter.AccountPassword)},
		{"rate_limiter.account_otp_limits", limit(s.RateLimiter.AccountOTP)},
		{"rate_limiter.third_party_limits", limit(s.RateLimiter.ThirdParty)},
		{"audit_log.console_output.enabled", fmt.Sprint(s.AuditLog.ConsoleOutput.Enabled)},
		{"audit_log.console_output.output", s.AuditLog.ConsoleOutput.Output},
		{"audit_log.mask", fmt.Sprint(s.AuditLog.Mask)},
		{"audit_log.storage.enabled", fmt.Sprint(s.AuditLog.Storage.Enabled)},
		{"audit_log.retention", s.AuditLog.Retention.String()},
		{"audit_log.erase_deleted_users", fmt.Sprint(s.AuditLog.EraseDeletedUsers)},
		{"multi_tenancy.enabled", fmt.Sprint(s.MultiTenancy.Enabled)},
		{"tenants.grace", s.Tenants.Grace.String()},
		{"mails.retention", s.Mails.Retention.String()},
		{"quotas.warning_percent", fmt.Sprint(s.Quotas.WarningPercent)},
		{"quotas.monthly_active_people", fmt.Sprint(s.Quotas.MonthlyActivePeople)},
		{"quotas.registrations_per_day", fmt.Sprint(s.Quotas.RegistrationsPerDay)},
		{"quotas.users", fmt.Sprint(s.Quotas.Users)},
		{"quotas.mails_per_day", fmt.Sprint(s.Quotas.MailsPerDay)},
		{"quotas.webhooks_per_day", fmt.Sprint(s.Quotas.WebhooksPerDay)},
		{"quotas.api_calls_per_day", fmt.Sprint(s.Quotas.APICallsPerDay)},
		{"tenants.max_import", strconv.FormatInt(s.Tenants.MaxImport, 10)},
		{"tls.mode", s.TLS.Mode},
		{"tls.http_address", s.TLS.HTTPAddress},
		{"tls.acme.directory", s.TLS.ACME.Directory},
		{"tls.acme.email", s.TLS.ACME.Email},
		{"tls.acme.eab.key_id", s.TLS.ACME.EAB.KeyID},
		{"tls.acme.eab.mac_key", s.TLS.ACME.EAB.MACKey.String()},
		{"tls.acme.trusted_ca", s.TLS.ACME.TrustedCA},
		{"egress.allow_cidrs", fmt.Sprint(s.Egress.AllowCIDRs)},
		{"default_email_delivery.enabled", fmt.Sprint(s.DefaultEmailDelivery.Enabled)},
		{"default_email_delivery.from_address", s.DefaultEmailDelivery.FromAddress},
		{"default_email_delivery.from_name", s.DefaultEmailDelivery.FromName},
		{"default_email_delivery.smtp.host", s.DefaultEmailDelivery.SMTP.Host},
		{"default_email_delivery.smtp.port", s.DefaultEmailDelivery.SMTP.Port},
		{"default_email_delivery.smtp.user", s.DefaultEmailDelivery.SMTP.User},
		{"default_email_delivery.smtp.password", s.DefaultEmailDelivery.SMTP.Password.String()},
		{"default_email_delivery.smtp.tls", s.DefaultEmailDelivery.SMTP.TLS},
		{"log.level", strings.ToLower(s.Log.Level.String())},
		{"log.format", s.Log.Format},
		{"traces.endpoint", showURL(s.Traces.Endpoint)},
		{"traces.ratio", strconv.FormatFloat(s.Traces.Ratio, 'g', -1, 64)},
		{"traces.trust_callers", fmt.Sprint(s.Traces.TrustCallers)},
		{"log.log_health_and_metrics", fmt.Sprint(s.Log.HealthAndMetrics)},
		{"debug", fmt.Sprint(s.Debug)},
		{"dev.data", s.Dev.Data},
	}
}
