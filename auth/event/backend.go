package event

import (
	"maps"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/tenants"
)

// AuditBackend records what a back end did through the admin API, with the key it used, or an operator in the console. The actor is the person it
// concerns, as in all records: she is who the log is searched for. Spec: audit-log §3.1, and §3.3 for what nobody else records.
func AuditBackend(
	t *tenants.Tenant, c auth.Client, by tenants.Actor, kind AuditType, concerns Actor, details map[string]any,
) outbox.Intent {
	all := map[string]any{"api": "admin"}
	if key, ok := by.Token(); ok {
		all["api_key"] = key.String()
	}
	if by.Operator() {
		all = map[string]any{"api": "console", "by": string(by)}
	}
	maps.Copy(all, details)
	r := record(c, kind, concerns, all, "")
	r.ByOperator = by.Operator()
	return r.Intent(t.ID)
}
