package tenants

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
)

// The audit records of what operators do with a tenant, through the console, its API or the command line. They are in the tenant's own log, and
// copied to that of the console.
const (
	AuditTenantCreated   outbox.AuditType = "tenant_created"
	AuditTenantImported  outbox.AuditType = "tenant_imported"
	AuditTenantUpdated   outbox.AuditType = "tenant_updated"
	AuditTenantSuspended outbox.AuditType = "tenant_suspended"
	AuditTenantReadOnly  outbox.AuditType = "tenant_set_read_only"
	AuditTenantResumed   outbox.AuditType = "tenant_resumed"
	AuditTenantDeleted   outbox.AuditType = "tenant_deleted"
	AuditTenantRestored  outbox.AuditType = "tenant_restored"
	// AuditTenantPurgeOrdered is of who ends the grace period.
	AuditTenantPurgeOrdered outbox.AuditType = "tenant_purge_ordered"
	// AuditQuotasChanged is of what an operator allows, the two behind of what a tenant has reached of it.
	AuditQuotasChanged  outbox.AuditType = "tenant_quotas_changed"
	AuditQuotaWarning   outbox.AuditType = "tenant_quota_warning"
	AuditQuotaExceeded  outbox.AuditType = "tenant_quota_exceeded"
	AuditConfigChanged  outbox.AuditType = "tenant_config_changed"
	AuditKeyRotated     outbox.AuditType = "signing_key_rotated"
	AuditKeyRevoked     outbox.AuditType = "signing_key_revoked"
	AuditAPIKeyCreated  outbox.AuditType = "api_key_created"
	AuditAPIKeyRevoked  outbox.AuditType = "api_key_revoked"
	AuditSAMLCreated    outbox.AuditType = "saml_provider_created"
	AuditSAMLUpdated    outbox.AuditType = "saml_provider_updated"
	AuditSAMLDeleted    outbox.AuditType = "saml_provider_deleted"
	AuditSAMLRotated    outbox.AuditType = "saml_certificate_rotated"
	AuditDomainAdded    outbox.AuditType = "domain_added"
	AuditDomainVerified outbox.AuditType = "domain_verified"
	AuditDomainRemoved  outbox.AuditType = "domain_removed"
	AuditDomainLost     outbox.AuditType = "domain_lost"
	// AuditSessionIssued is of a session that was opened for a person without asking her.
	AuditSessionIssued outbox.AuditType = "session_issued"
	// AuditPersonExported is of who took out all that is kept about a person.
	AuditPersonExported       outbox.AuditType = "user_exported"
	AuditDeadLettersRetried   outbox.AuditType = "dead_letters_retried"
	AuditDeadLettersDiscarded outbox.AuditType = "dead_letters_discarded"
)

// The audit records of what happens among operators. They are in the log of the console.
const (
	AuditOperatorInvited      outbox.AuditType = "operator_invited"
	AuditOperatorJoined       outbox.AuditType = "operator_joined"
	AuditOperatorChanged      outbox.AuditType = "operator_changed"
	AuditOperatorDisabled     outbox.AuditType = "operator_disabled"
	AuditOperatorEnabled      outbox.AuditType = "operator_enabled"
	AuditOperatorTokenCreated outbox.AuditType = "operator_token_created"
	AuditOperatorTokenRevoked outbox.AuditType = "operator_token_revoked"
	AuditTenantPurged         outbox.AuditType = "tenant_purged"
	// AuditReencrypted is of a pass that sealed values under the newest master key.
	AuditReencrypted outbox.AuditType = "values_reencrypted"
)

// A Caller is where an operator's request came from, for the record of what it did. Commands have none.
type Caller struct{ SourceIP, UserAgent, RequestID string }

type callerKey struct{}

// WithCaller puts the caller of a request into its context.
func WithCaller(ctx context.Context, o Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, o)
}

// Recorded is the intent that records what an operator did, with the caller in the context. The details say who in "by".
func Recorded(ctx context.Context, tenant uuid.UUID, kind outbox.AuditType, by Actor, details map[string]any) outbox.Intent {
	all := map[string]any{"by": string(by)}
	for name, value := range details {
		all[name] = value
	}
	from, _ := ctx.Value(callerKey{}).(Caller)
	return outbox.AuditRecord{
		Type: kind, SourceIP: from.SourceIP, UserAgent: from.UserAgent, RequestID: from.RequestID, Details: all, At: time.Now().UTC(),
		ByOperator: tenant != SystemID,
	}.Intent(tenant)
}

// recorder writes such records in the unit of work of what they are about. The zero recorder writes nothing.
type recorder struct{ out *outbox.Writer }

func (r recorder) note(ctx context.Context, tx *store.Tx, tenant uuid.UUID, kind outbox.AuditType, by Actor, details map[string]any) error {
	if r.out == nil {
		return nil
	}
	return r.out.Write(ctx, tx, Recorded(ctx, tenant, kind, by, details))
}

// editRecords are the records of an edit: one of what was changed, and one of the new status.
func (e Edit) editRecords(ctx context.Context, old *ent.Tenant, by Actor) []outbox.Intent {
	var intents []outbox.Intent
	changed := map[string]any{}
	if e.Slug != nil && *e.Slug != old.Slug {
		changed["slug"] = *e.Slug
	}
	if e.Name != nil && *e.Name != old.Name {
		changed["name"] = *e.Name
	}
	if len(changed) > 0 {
		intents = append(intents, Recorded(ctx, old.ID, AuditTenantUpdated, by, changed))
	}
	statuses := map[Status]outbox.AuditType{
		StatusActive: AuditTenantResumed, StatusReadOnly: AuditTenantReadOnly, StatusSuspended: AuditTenantSuspended,
	}
	if e.Status != nil && string(*e.Status) != old.Status {
		details := map[string]any{}
		if e.StatusReason != nil && *e.StatusReason != "" {
			details["reason"] = *e.StatusReason
		}
		intents = append(intents, Recorded(ctx, old.ID, statuses[*e.Status], by, details))
	}
	return intents
}
