package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/webhookdelivery"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// save writes what became of deliveries while the slice goes on.
func (s *slice) save(ctx context.Context, tried []rawsql.TriedDelivery) error {
	return s.counting(ctx, s.room.now(), tried, func(ctx context.Context, tx *store.Tx, save store.Write) error { return save(ctx, tx) })
}

// counting runs a unit of work that writes, by save, what became of deliveries, and counts those that ended in the usage of the tenant.
func (s *slice) counting(
	ctx context.Context, now time.Time, tried []rawsql.TriedDelivery, unit func(ctx context.Context, tx *store.Tx, save store.Write) error,
) error {
	return usage.Again(func() error {
		return s.room.n.Store.Do(ctx, scope.Tenant(s.tenant.ID), func(ctx context.Context, tx *store.Tx) error {
			var ended usage.Tally
			err := unit(ctx, tx, func(ctx context.Context, tx *store.Tx) (err error) {
				ended, err = saved(ctx, tx, now, tried)
				return err
			})
			if err != nil || ended.Empty() {
				return err
			}
			tx.OnCommit(func() { s.room.n.Counted(s.tenant.ID) })
			return ended.Save(ctx, tx, s.tenant.ID)
		})
	})
}

// saved writes what became of deliveries, and tells what is to be counted of those that nobody else had ended.
func saved(ctx context.Context, tx *store.Tx, now time.Time, tried []rawsql.TriedDelivery) (ended usage.Tally, err error) {
	n, err := tx.Raw.SaveDeliveries(ctx, now, tried)
	if err != nil {
		return ended, err
	}
	ours := map[uuid.UUID]bool{}
	if n < len(tried) {
		ids := make([]uuid.UUID, len(tried))
		for i, d := range tried {
			ids[i] = d.ID
		}
		touched, err := tx.WebhookDelivery.Query().Where(webhookdelivery.IDIn(ids...), webhookdelivery.UpdatedAt(stamp(now))).IDs(ctx)
		if err != nil {
			return ended, fmt.Errorf("look which deliveries were saved: %w", err)
		}
		for _, id := range touched {
			ours[id] = true
		}
	}
	for _, d := range tried {
		switch {
		case n < len(tried) && !ours[d.ID]:
		case d.State == Delivered:
			ended.Add(now, usage.WebhooksDelivered, 1)
		case d.State == Dead:
			ended.Add(now, usage.WebhooksFailed, 1)
		}
	}
	return ended, nil
}
