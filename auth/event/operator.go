package event

import (
	"maps"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/tenants"
)

// AuditOperator records what an operator did with a tenant's people: in the console, or by a token of hers, which the actor does not tell from an API
// key. The record is copied to the log of the console, unless that is where it goes.
func AuditOperator(
	t *tenants.Tenant, c auth.Client, by tenants.Actor, kind AuditType, concerns Actor, details map[string]any,
) outbox.Intent {
	all := map[string]any{"api": "console", "by": string(by)}
	maps.Copy(all, details)
	r := record(c, kind, concerns, all, "")
	r.ByOperator = t.ID != tenants.SystemID
	return r.Intent(t.ID)
}
