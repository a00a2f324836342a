package settings

// Quotas are what tenants may have who have no limits of their own. 0 is no limit.
type Quotas struct {
	MonthlyActivePeople int `koanf:"monthly_active_people"`
	RegistrationsPerDay int `koanf:"registrations_per_day"`
	Users               int `koanf:"users"`
	MailsPerDay         int `koanf:"mails_per_day"`
	WebhooksPerDay      int `koanf:"webhooks_per_day"`
	APICallsPerDay      int `koanf:"api_calls_per_day"`
	// WarningPercent is at which part of a limit is warned; 0: not before it is reached.
	WarningPercent int `koanf:"warning_percent"`
}

func quotaKeys() []Key {
	keys := []Key{{Path: "quotas.warning_percent", Kind: Uint, Default: uint(80),
		Meaning: "at which part of a limit, in percent, a warning goes out, where a tenant's own says nothing else; `0`: at none. See usage.md"}}
	for _, one := range []struct{ name, meaning string }{
		{"monthly_active_people", "people who may sign in or up in a month before nobody new may sign up"},
		{"registrations_per_day", "people who may sign up in a day"},
		{"users", "users that there may be"},
		{"mails_per_day", "mails that may be sent in a day before registrations and notifications wait"},
		{"webhooks_per_day", "events that may be delivered in a day before others wait"},
		{"api_calls_per_day", "requests to the admin API that are answered in a day"},
	} {
		keys = append(keys, Key{Path: "quotas." + one.name, Kind: Uint, Default: uint(0),
			Meaning: one.meaning + ", in each tenant that has no limit of its own; `0`: no limit"})
	}
	return keys
}

func (c *checker) quotas() {
	if c.s.Quotas.WarningPercent > 100 {
		c.problem("quotas.warning_percent", "must be from 0 to 100", "leave it out for 80")
	}
}
