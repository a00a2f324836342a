package wire

import (
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

// quotaDefaults are what tenants may have who have no limits of their own.
func quotaDefaults(s settings.Quotas) quota.Defaults {
	return quota.Defaults{WarnAt: s.WarningPercent, Hard: map[quota.Name]int64{
		quota.MonthlyActivePeople: int64(s.MonthlyActivePeople), quota.Registrations: int64(s.RegistrationsPerDay), quota.Users: int64(s.Users),
		quota.Mails: int64(s.MailsPerDay), quota.Webhooks: int64(s.WebhooksPerDay), quota.APICalls: int64(s.APICallsPerDay),
	}}
}
