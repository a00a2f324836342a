package worker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// copyToConsole leaves copies for the log of the console, which name the tenant: of what operators did, and of the deletion of people that this log
// speaks of, which has those records erased and says why. Copies come before the records themselves are done with, and have ids that follow from
// those, so that each is there once however often this is tried.
func (a *auditTask) copyToConsole(ctx context.Context, b batch, records []event.AuditPayload) error {
	if !a.sinks.Store || b.Tenant == tenants.SystemID {
		return nil
	}
	spokenOf, err := a.spokenOf(ctx, b.Tenant, records)
	if err != nil {
		return fmt.Errorf("look whom the console's log speaks of: %w", err)
	}
	for i, record := range records {
		switch who := record.ActorUserID; {
		case record.ByOperator:
			if who != nil {
				spokenOf[*who] = true
			}
		case deletes(record) && spokenOf[*who]:
			record = event.AuditPayload{Type: record.Type, ActorUserID: who, At: record.At}
		default:
			continue
		}
		if err := a.copy(ctx, b.Tenant, b.Items[i].ID, record); err != nil {
			return fmt.Errorf("copy a record to the console's log: %w", err)
		}
	}
	return nil
}

func (a *auditTask) copy(ctx context.Context, tenant, id uuid.UUID, record event.AuditPayload) error {
	record.ByOperator = false
	record.Details = maps.Clone(record.Details)
	if record.Details == nil {
		record.Details = map[string]any{}
	}
	record.Details["tenant_id"] = tenant.String()
	copied := record.Intent(tenants.SystemID)
	copied.ID = copyID(id)
	err := a.store.Do(ctx, scope.System("copy a record to the console's log"), func(ctx context.Context, tx *store.Tx) error {
		return outbox.NewWriter(a.keyring, nil).Write(ctx, tx, copied)
	})
	if store.IsUniqueViolation(err) {
		return nil
	}
	return err
}

// deletes reports whether a record is of the deletion of a person.
func deletes(r event.AuditPayload) bool { return r.Type == event.UserDeleted && r.ActorUserID != nil }

// copyWaits is how long before the deletion of a person something may have happened whose copy waits to be appended, without being overlooked.
const copyWaits = 24 * time.Hour

// spokenOf are those who are deleted, by others than operators, and of whom the log of the console speaks or is about to. Only batches with such
// deletions cost anything: three look-ups by index at most.
func (a *auditTask) spokenOf(ctx context.Context, tenant uuid.UUID, records []event.AuditPayload) (map[uuid.UUID]bool, error) {
	found := map[uuid.UUID]bool{}
	var people []uuid.UUID
	since := time.Now()
	for _, r := range records {
		if a.sinks.EraseDeleted && deletes(r) && !r.ByOperator {
			people = append(people, *r.ActorUserID)
			if r.At.Before(since) {
				since = r.At
			}
		}
	}
	if len(people) == 0 {
		return found, nil
	}
	here, console := scope.With(ctx, scope.Tenant(tenant)), scope.With(ctx, scope.Tenant(tenants.SystemID))
	db := a.store.Reader()
	// Those that wait come first, so that none is missed that is appended meanwhile.
	latest, err := db.AuditLog.Query().Where(auditlog.ActorUserIDIn(people...), auditlog.CreatedAtGT(since.Add(-copyWaits))).
		Order(ent.Desc(auditlog.FieldCreatedAt)).Limit(audit.MaxBatch).Select(auditlog.FieldID, auditlog.FieldActorUserID).All(here)
	if err != nil {
		return nil, err
	}
	about := make(map[uuid.UUID]uuid.UUID, len(latest))
	for _, row := range latest {
		about[copyID(row.ID)] = *row.ActorUserID
	}
	if len(about) > 0 {
		waiting, err := db.Intent.Query().Where(intent.IDIn(slices.Collect(maps.Keys(about))...), intent.StateIn("ready", "dead")).IDs(console)
		if err != nil {
			return nil, err
		}
		for _, id := range waiting {
			found[about[id]] = true
		}
	}
	rows, err := db.AuditLog.Query().Where(auditlog.ActorUserIDIn(people...)).Unique(true).Select(auditlog.FieldActorUserID).All(console)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		found[*row.ActorUserID] = true
	}
	return found, nil
}

// copyID is the id of the copy of a record: as old, and another.
func copyID(id uuid.UUID) uuid.UUID {
	id[15] ^= 0xff
	return id
}
