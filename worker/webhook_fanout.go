package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// A fanOutTask leaves a tenant's events with the endpoints that listen. What they are told, and when, is the affair of slices.
type fanOutTask struct {
	turns    *turns
	store    *store.Store
	keyring  *secret.Keyring
	registry *tenants.Registry
	webhooks *webhook.Room
	log      *slog.Logger
}

// fanOutPortion is how many events of a tenant who has many are left with her endpoints together.
const fanOutPortion = 250

func (f *fanOutTask) run(ctx context.Context, tenant uuid.UUID) error {
	return f.turns.run(ctx, tenant, f.portion)
}

// portion leaves events together, or each alone where that fails: one that cannot be left must not hold up the others.
func (f *fanOutTask) portion(ctx context.Context, b batch) error {
	err := f.together(ctx, b)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if len(b.Items) == 1 {
		if errors.Is(err, errTaken) {
			return nil
		}
		it := b.Items[0]
		f.log.WarnContext(ctx, "an event cannot be left with its endpoints now", "tenant_id", b.Tenant, "intent_id", it.ID, "error", err)
		return settle(ctx, f.store, b.Tenant, func(ctx context.Context, tx *store.Tx) error {
			return tx.Raw.RetryIntent(ctx, it.ID, time.Now().UTC().Add(backoff(it.Attempts+1)), err.Error())
		})
	}
	for _, it := range b.Items {
		one := b
		one.Items = []item{it}
		if err := f.portion(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (f *fanOutTask) together(ctx context.Context, b batch) error {
	events, rest, err := f.read(ctx, b)
	if err != nil {
		return err
	}
	version := int64(0)
	for _, e := range events {
		version = max(version, e.Payload.Version)
	}
	t, err := f.registry.AtLeast(ctx, b.Tenant, version)
	if errors.Is(err, tenants.ErrNotFound) {
		return settle(ctx, f.store, b.Tenant, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.IntentsDropped(ctx, time.Now().UTC(), "the tenant is deleted", b.ids()...)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("fan out: %w", err)
	}
	ids := make([]uuid.UUID, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	return f.webhooks.FanOut(ctx, t, events, func(ctx context.Context, tx *store.Tx) error {
		if len(rest) > 0 {
			if _, err := tx.Raw.IntentsDropped(ctx, time.Now().UTC(), "its code has expired", rest...); err != nil {
				return err
			}
		}
		n, err := tx.Raw.IntentsDone(ctx, time.Now().UTC(), ids...)
		if err == nil && n != len(ids) {
			err = errTaken
		}
		return err
	})
}

// read opens a batch: events to be told, and the ids of those that are of no use any more. What cannot be read is set aside for an operator.
func (f *fanOutTask) read(ctx context.Context, b batch) (events []webhook.Event, expired []uuid.UUID, err error) {
	for _, it := range b.Items {
		if it.NotAfter != nil && time.Now().After(*it.NotAfter) {
			expired = append(expired, it.ID)
			continue
		}
		e := webhook.Event{ID: it.ID, Key: it.Ordering, Sealed: it.Payload, NotAfter: it.NotAfter}
		plain, err := outbox.Open(f.keyring, b.Tenant, event.KindWebhook, it.ID, it.Payload)
		if err == nil {
			err = json.Unmarshal(plain, &e.Payload)
		}
		if err == nil {
			events = append(events, e)
			continue
		}
		f.log.ErrorContext(ctx, "an event cannot be read and is set aside", "tenant_id", b.Tenant, "intent_id", it.ID, "error", err)
		why := err.Error()
		err = settle(ctx, f.store, b.Tenant, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.IntentsDead(ctx, time.Now().UTC(), why, it.ID)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return events, expired, nil
}
