package tenants

import (
	"context"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

// Quotas are what a tenant may have.
type Quotas struct {
	*quota.State
	// Version grows with every change of the tenant's own limits, from 1.
	Version int
}

// quotasOf are those of a row.
func (r *Registry) quotasOf(row *ent.Tenant) (Quotas, error) {
	stored, err := quota.Decode(row.Quotas)
	if err != nil {
		return Quotas{}, fmt.Errorf("tenant %s: %w", row.ID, err)
	}
	if row.ID == SystemID { // operators must get in, and hear of what is over, whatever else is
		return Quotas{&quota.State{}, 1}, nil
	}
	return Quotas{stored.State(r.o.Quotas), stored.Version + 1}, nil
}

// Quotas reads what a tenant may have. Error: ErrNotFound.
func (p *Provisioner) Quotas(ctx context.Context, id uuid.UUID) (Quotas, error) {
	row, err := p.get(ctx, tenant.ID(id))
	if err != nil {
		return Quotas{}, err
	}
	return p.registry.quotasOf(row)
}

// SetQuotas replaces the limits of a tenant's own. A quota that is named without a threshold has none, whatever holds for the deployment; one that is
// not named has the deployment's. What was reached stays so where its threshold does. A change that changes nothing makes no version. Only By and If
// of how count. Errors: ErrNotFound, invalid_quotas with every problem, version_mismatch, system_tenant.
func (p *Provisioner) SetQuotas(ctx context.Context, id uuid.UUID, limits quota.Limits, how How) (Quotas, error) {
	if id == SystemID {
		return Quotas{}, errSystem("has no quotas")
	}
	if err := limits.Check(); err != nil {
		return Quotas{}, err
	}
	var row *ent.Tenant
	changed := false
	err := p.db.Do(ctx, scope.System("change the quotas of a tenant"), func(ctx context.Context, tx *store.Tx) error {
		var err error
		row, err = store.Lock(tx, tx.Tenant.Query().Where(tenant.ID(id), alive)).Only(ctx)
		if ent.IsNotFound(err) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		stored, err := quota.Decode(row.Quotas)
		if err != nil {
			return err
		}
		if how.If != 0 && how.If != stored.Version+1 {
			return problem.PreconditionFailed("version_mismatch",
				fmt.Sprintf("the quotas are at version %d: read them again and repeat the change", stored.Version+1))
		}
		if changed = !maps.Equal(stored.Limits, limits); !changed {
			return nil
		}
		stored.Limits, stored.Version = limits, stored.Version+1
		row.Quotas, row.Version = stored.Encode(), row.Version+1
		if err := tx.Tenant.UpdateOneID(id).SetQuotas(row.Quotas).SetVersion(row.Version).SetUpdatedAt(p.now()).Exec(ctx); err != nil {
			return err
		}
		return p.recorder.note(ctx, tx, id, AuditQuotasChanged, how.By, map[string]any{"version": stored.Version + 1, "quotas": limits})
	})
	if err != nil {
		return Quotas{}, fmt.Errorf("change the quotas of tenant %s: %w", id, err)
	}
	if changed {
		p.registry.Invalidate(Changed{row.ID, row.Version, nil})
	}
	return p.registry.quotasOf(row)
}

// StateOf is what holds for a tenant who has something of her own.
func (r *Registry) StateOf(own quota.Stored) *quota.State { return own.State(r.o.Quotas) }
