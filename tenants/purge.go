package tenants

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/jose"
)

// Purge deletes at most limit rows of the deleted tenants whose time has come, and reports how many went: call it until that is 0. With the last
// row of a tenant, its receipt is written. What is left of imports that were broken off goes, too, without a receipt: no tenant came of it.
func (p *Provisioner) Purge(ctx context.Context, limit int) (int, error) {
	due, err := p.db.Reader().Tenant.Query().Where(ending, tenant.PurgeAfterLTE(p.now())).
		Order(ent.Asc(tenant.FieldPurgeAfter)).FirstID(scope.With(ctx, scope.System("purge deleted tenants")))
	if ent.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find tenants to purge: %w", err)
	}
	return p.PurgeSome(ctx, due, limit)
}

// PurgeSome deletes at most limit rows of a deleted tenant whose time has come, and reports how many went; 0 where there is none.
func (p *Provisioner) PurgeSome(ctx context.Context, id uuid.UUID, limit int) (int, error) {
	signer, err := p.receiptKey(ctx)
	if err != nil {
		return 0, fmt.Errorf("purge tenant %s: %w", id, err)
	}
	deleted := 0
	err = p.db.Do(ctx, scope.System("purge a deleted tenant"), func(ctx context.Context, tx *store.Tx) error {
		deleted = 0
		row, err := store.Lock(tx, tx.Tenant.Query().Where(tenant.ID(id), ending, tenant.PurgeAfterLTE(p.now()))).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // purged by somebody else, or restored
		}
		if err != nil {
			return err
		}
		if Status(row.Status) == StatusImporting {
			purged, err := tx.Raw.PurgeTenant(ctx, row.ID, limit)
			if deleted = purged.Total(); purged.Gone {
				deleted++
			}
			return err
		}
		deleted, err = p.purgeLocked(ctx, tx, row, signer, limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge tenant %s: %w", id, err)
	}
	return deleted, nil
}

// ending are tenants whose rows go once their time has come.
var ending = tenant.StatusIn(string(StatusDeleting), string(StatusImporting))

// purgeLocked deletes rows of a tenant whose row is locked. What went so far is counted in that row until the receipt is written. Its
// configuration, with the secrets in it, goes first.
func (p *Provisioner) purgeLocked(ctx context.Context, tx *store.Tx, row *ent.Tenant, signer *jose.Key, limit int) (int, error) {
	counts := map[string]int{}
	if row.StatusBefore == statusPurging && len(row.Purged) > 0 {
		if err := json.Unmarshal(row.Purged, &counts); err != nil {
			return 0, fmt.Errorf("read what went so far: %w", err)
		}
	}
	purged, err := tx.Raw.PurgeTenant(ctx, row.ID, limit)
	if err != nil {
		return 0, err
	}
	for table, n := range purged.Rows {
		counts[table] += n
	}
	if purged.Gone {
		counts["tenants"] = 1
		return purged.Total() + 1, p.writeReceipt(ctx, tx, row, counts, signer)
	}
	kept, err := json.Marshal(counts)
	if err != nil {
		return 0, err
	}
	return purged.Total(), tx.Tenant.UpdateOneID(row.ID).SetStatusBefore(statusPurging).SetConfig([]byte("{}")).SetPurged(kept).
		SetUpdatedAt(p.now()).Exec(ctx)
}
