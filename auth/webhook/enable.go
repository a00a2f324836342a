package webhook

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// Enable lets an endpoint be called again that was disabled, or whose circuit is open: failures are forgotten, and what waits is due. One of a
// configuration that disables them all stays as it is. Error: ErrNotFound, also for another tenant's.
func (r *Room) Enable(ctx context.Context, t *tenants.Tenant, c auth.Client, by tenants.Actor, id uuid.UUID) (Endpoint, error) {
	_, fromConfig := configuredBy(t, id)
	err := r.changeEndpoint(ctx, t, c, by, event.WebhookEnabled, id, func(ctx context.Context, tx *store.Tx) error {
		row, err := store.Lock(tx, tx.WebhookEndpoint.Query().Where(endpointID(id))).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("lock endpoint: %w", err)
		}
		now := r.now()
		if !fromConfig {
			err := tx.Webhook.UpdateOneID(id).SetEnabled(true).SetFailures(0).SetExpiresAt(now.Add(Lifetime)).SetUpdatedAt(now).Exec(ctx)
			if err != nil {
				return err
			}
		}
		if row == nil {
			return nil // it was never used
		}
		if err := tx.Raw.HurryDeliveries(ctx, id, now, hurried); err != nil {
			return err
		}
		_, waits, err := tx.Raw.NextDelivery(ctx, id)
		if err != nil {
			return err
		}
		update := tx.WebhookEndpoint.Update().Where(endpointID(id)).SetFailures(0).ClearDisabledAt()
		if !r.leased(row) {
			if update.ClearOpenUntil(); waits {
				update.SetDueAt(now)
			}
			tx.OnCommit(r.n.Ring)
		}
		return update.Exec(ctx)
	})
	if err != nil {
		return Endpoint{}, err
	}
	fresh, err := r.n.Registry.ByID(ctx, t.ID)
	if err != nil {
		return Endpoint{}, err
	}
	return r.Endpoint(ctx, fresh, id)
}

// leased reports whether somebody may be at work at an endpoint: who holds the lease finds what is due when it ends. A circuit that opens for
// a moment looks the same.
func (r *Room) leased(row *ent.WebhookEndpoint) bool {
	now := r.now()
	return row.DueAt != nil && row.OpenUntil != nil && row.DueAt.Equal(*row.OpenUntil) && row.DueAt.After(now) && !row.DueAt.After(now.Add(Lease))
}

// changeEndpoint is change for an endpoint of either kind. Error: ErrNotFound.
func (r *Room) changeEndpoint(
	ctx context.Context, t *tenants.Tenant, c auth.Client, by tenants.Actor, kind event.AuditType, id uuid.UUID, write store.Write,
) error {
	if _, ok := configuredBy(t, id); !ok {
		if _, err := r.Get(ctx, t, id); err != nil {
			return err
		}
	}
	return r.change(ctx, t, c, by, kind, id, write)
}
