package worker

import (
	"context"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// copyToConsole leaves a copy of what an operator did with a tenant for the log of the console, which names the tenant. It comes before the record
// itself is done with, and has an id that follows from the record's, so that it is there once however often this is tried.
func (a *auditTask) copyToConsole(ctx context.Context, tenant, id uuid.UUID, record event.AuditPayload) error {
	if !record.ByOperator || !a.sinks.Store {
		return nil
	}
	record.ByOperator = false
	record.Details = maps.Clone(record.Details)
	if record.Details == nil {
		record.Details = map[string]any{}
	}
	record.Details["tenant_id"] = tenant.String()
	copied := record.Intent(tenants.SystemID)
	copied.ID = copyID(id)
	err := a.store.Do(ctx, scope.System("copy what an operator did to the console's log"), func(ctx context.Context, tx *store.Tx) error {
		return outbox.NewWriter(a.keyring, nil).Write(ctx, tx, copied)
	})
	if err != nil && !store.IsUniqueViolation(err) {
		return fmt.Errorf("copy a record to the console's log: %w", err)
	}
	return nil
}

// copyID is the id of the copy of a record: as old, and another.
func copyID(id uuid.UUID) uuid.UUID {
	id[15] ^= 0xff
	return id
}
