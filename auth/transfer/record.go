package transfer

import (
	"maps"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Taker is who takes people out of a tenant, and by what.
type Taker struct {
	By     tenants.Actor
	Client auth.Client
}

// record is the audit record of an export: who took how many people out, and what of them. It concerns nobody in particular.
func (w With) record(t *tenants.Tenant, who Taker, people int, more map[string]any) outbox.Intent {
	details := map[string]any{
		"users": people, "with_names": w.Names, "with_metadata": w.Metadata, "with_credentials": w.Credentials, "with_totp": w.TOTP,
	}
	if _, key := who.By.Token(); !key {
		details["api"] = string(who.By)
	}
	maps.Copy(details, more)
	return event.AuditBackend(t, who.Client, who.By, event.UsersExported, event.Actor{}, details)
}
