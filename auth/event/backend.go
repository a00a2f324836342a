package event

import (
	"maps"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/tenants"
)

// AuditBackend records what a back end did through the admin API, with the key it used, or an operator who is signed in to the console. The actor is
// the person it concerns, as in all records: she is who the log is searched for. Spec: audit-log §3.1, and §3.3 for what nobody else records.
func AuditBackend(
	t *tenants.Tenant, c auth.Client, by tenants.Actor, kind AuditType, concerns Actor, details map[string]any,
) outbox.Intent {
	if by.Operator() {
		return AuditOperator(t, c, by, kind, concerns, details)
	}
	all := map[string]any{"api": "admin"}
	if key, ok := by.Token(); ok {
		all["api_key"] = key.String()
	}
	maps.Copy(all, details)
	return record(c, kind, concerns, all, "").Intent(t.ID)
}
