package tenants

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/signingkey"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
)

// EnsureSingle makes sure that the tenant of single-tenant mode exists and has at least as many keys as there are secrets (one where there
// are fewer), so that a secret added in front brings a new key. Its configuration is RegistryOptions.Single and is not stored. Several
// processes may do this at the same time.
//
// The first key signs at once; one that comes later is published first, as with RotateKey. Spec: session §3.3.
func (p *Provisioner) EnsureSingle(ctx context.Context, secrets int) error {
	if p.registry.o.Single == nil {
		return fmt.Errorf("ensure the single tenant: no configuration given")
	}
	if err := p.ensureSingleRow(ctx); err != nil {
		return fmt.Errorf("ensure the single tenant: %w", err)
	}
	want := max(secrets, 1)
	have, err := p.countKeys(ctx, p.db.Reader())
	if err != nil {
		return fmt.Errorf("ensure the single tenant: %w", err)
	}
	var drafts []*draftKey
	for range want - have {
		key, err := p.newKey(ctx, SingleID, signingAlg(*p.registry.o.Single))
		if err != nil {
			return fmt.Errorf("ensure the single tenant: %w", err)
		}
		drafts = append(drafts, key)
	}
	if len(drafts) == 0 {
		return nil
	}
	err = p.changeKeys(ctx, SingleID, func(ctx context.Context, tx *store.Tx) (bool, error) {
		have, err := p.countKeys(ctx, tx.Client) // again: another process may have been faster
		if err != nil {
			return false, err
		}
		now := p.now()
		later := now.Add(activationDelay)
		missing := drafts[:min(max(want-have, 0), len(drafts))]
		for i, key := range missing {
			switch {
			case have > 0:
				key.state, key.activated = KeyPublished, &later
			case i == 0:
				key.state, key.activated = KeyActive, &now
			default:
				key.state = KeyPublished // a spare, never planned to sign
			}
			if err := key.insert(ctx, tx, now); err != nil {
				return false, err
			}
		}
		return len(missing) > 0, nil
	})
	if err != nil {
		return fmt.Errorf("ensure the keys of the single tenant: %w", err)
	}
	return nil
}

// ensureSingleRow inserts the tenant's row unless it is there.
func (p *Provisioner) ensureSingleRow(ctx context.Context) error {
	sc := scope.System("ensure the single tenant")
	row, err := p.db.Reader().Tenant.Query().Where(tenant.ID(SingleID)).Only(scope.With(ctx, sc))
	if err == nil {
		if Status(row.Status) == StatusDeleting {
			return fmt.Errorf("tenant %s was deleted; wait until it is purged", SingleID)
		}
		return nil
	}
	if !ent.IsNotFound(err) {
		return err
	}
	now := p.now()
	err = p.db.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(SingleID).SetSlug(SingleID.String()).SetOrigin(string(OriginSingle)).SetStatus(string(StatusActive)).
			SetConfig([]byte("{}")).SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx)
	})
	if err != nil && !store.IsUniqueViolation(err) {
		return err
	}
	return nil
}

// countKeys counts the keys the single tenant ever had: were those gone not counted, each rotation would bring another one.
func (p *Provisioner) countKeys(ctx context.Context, db *ent.Client) (int, error) {
	return db.SigningKey.Query().Where(signingkey.TenantID(SingleID)).
		Count(scope.With(ctx, scope.System("count the keys of the single tenant")))
}
