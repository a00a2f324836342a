package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditcheckpoint"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// pruneRows is up to how many records one checkpoint gives up.
const pruneRows = 10_000

// Prune deletes the records of a tenant that are older than a time, size in a unit of work, at most limit of them (all where that is not
// positive), and returns how many went. It deletes from the beginning of the log up to the first record that is to stay: an older one behind
// that stays as long. What goes is marked first, by a checkpoint from which the rest can be verified. Error: tenants.ErrNoSigningKey.
func (k *Keeper) Prune(ctx context.Context, tenant uuid.UUID, before time.Time, size, limit int) (int, error) {
	ctx = scope.With(ctx, scope.Tenant(tenant))
	total := 0
	for limit <= 0 || total < limit {
		last, found, err := k.prefix(ctx, before, pruneRows)
		if err != nil || found == 0 {
			return total, err
		}
		t, err := k.registry.ByID(ctx, tenant)
		if errors.Is(err, tenants.ErrNotFound) {
			return total, nil // a deleted tenant's records go with it
		}
		if err != nil {
			return total, err
		}
		if _, err := k.sign(ctx, t, last, giveUp); err != nil {
			return total, fmt.Errorf("prune the audit log of tenant %s: %w", tenant, err)
		}
		gone, err := k.deleteUpTo(ctx, tenant, last.Sequence, size)
		total += gone
		if err != nil || found < pruneRows {
			return total, err
		}
	}
	return total, nil
}

// Prunable counts what Prune would delete.
func (k *Keeper) Prunable(ctx context.Context, tenant uuid.UUID, before time.Time) (int, error) {
	_, found, err := k.prefix(scope.With(ctx, scope.Tenant(tenant)), before, 0)
	return found, err
}

// prefix finds the last of the records at the beginning of the log in scope that are older than a time, and how many these are. It looks at no
// more than most, where that is positive.
func (k *Keeper) prefix(ctx context.Context, before time.Time, most int) (last *ent.AuditLog, found int, err error) {
	const page = 1000
	for after := int64(0); ; after = last.Sequence {
		rows, err := k.store.Reader().AuditLog.Query().Where(auditlog.SequenceGT(after)).Order(ent.Asc(auditlog.FieldSequence)).Limit(page).
			Select(auditlog.FieldSequence, auditlog.FieldHash, auditlog.FieldCreatedAt).All(ctx)
		if err != nil {
			return nil, 0, fmt.Errorf("find old audit records: %w", err)
		}
		for _, row := range rows {
			if !row.CreatedAt.Before(before) || most > 0 && found == most {
				return last, found, nil
			}
			last = row
			found++
		}
		if len(rows) < page {
			return last, found, nil
		}
	}
}

// giveUp marks a checkpoint before the records up to it go. Those before it have nothing left to speak of.
func giveUp(ctx context.Context, tx *store.Tx, at *ent.AuditCheckpoint) error {
	if at.PrunedAt == nil {
		if err := tx.AuditCheckpoint.UpdateOne(at).SetPrunedAt(now()).Exec(ctx); err != nil {
			return err
		}
	}
	_, err := tx.AuditCheckpoint.Delete().Where(auditcheckpoint.SequenceLT(at.Sequence)).Exec(ctx)
	return err
}

func (k *Keeper) deleteUpTo(ctx context.Context, tenant uuid.UUID, sequence int64, size int) (int, error) {
	total := 0
	for {
		gone := 0
		err := k.store.Do(ctx, scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) error {
			var err error
			gone, err = tx.Raw.DeleteAuditRecords(ctx, sequence, size)
			return err
		})
		if err != nil {
			return total, err
		}
		total += gone
		if gone < size {
			return total, nil
		}
	}
}

// A Walk remembers how far a walk over the records of all tenants has come.
type Walk struct{ at rawsql.AuditPlace }

// Old walks on over records older than a time, at most limit, and returns whose they are, each tenant once. At the end the walk begins anew,
// and done is true. Records that cannot go yet are passed over, so they hold up nobody.
func (k *Keeper) Old(ctx context.Context, w *Walk, before time.Time, limit int) (whose []uuid.UUID, done bool, err error) {
	steps, err := k.store.Raw().AuditSteps(scope.With(ctx, scope.System("find old audit records of all tenants")), w.place(), before, limit)
	if err != nil {
		return nil, false, err
	}
	seen := map[uuid.UUID]bool{}
	for _, s := range steps {
		if !seen[s.TenantID] {
			seen[s.TenantID] = true
			whose = append(whose, s.TenantID)
		}
	}
	if len(steps) < limit {
		*w = Walk{}
		return whose, true, nil
	}
	w.at = steps[len(steps)-1].Place()
	return whose, false, nil
}

// place is where the walk goes on: at the beginning, before every time that a database keeps.
func (w *Walk) place() rawsql.AuditPlace {
	if w.at.CreatedAt.IsZero() {
		return rawsql.AuditPlace{CreatedAt: auth.Bound(time.Unix(-1<<40, 0))}
	}
	return w.at
}
