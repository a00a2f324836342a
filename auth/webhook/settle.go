package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/predicate"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	entwebhook "github.com/latchkeep/latchkeep/ent/webhook"
	"github.com/latchkeep/latchkeep/ent/webhookendpoint"
	"github.com/latchkeep/latchkeep/tenants"
)

func endpointID(id uuid.UUID) predicate.WebhookEndpoint { return webhookendpoint.ID(id) }

// settle ends a slice: in one transaction it writes what became of the last deliveries, how the endpoint does, and when it is due next.
func (s *slice) settle(ctx context.Context, tried []rawsql.TriedDelivery) error {
	r, now := s.room, s.room.now()
	err := s.counting(ctx, now, tried, func(ctx context.Context, tx *store.Tx, save store.Write) error {
		if s.mayDisable() { // the tenant's row comes first in the order of locks
			if err := r.n.Registry.Bump(ctx, tx, s.tenant.ID); err != nil {
				return err
			}
		}
		row, err := store.Lock(tx, tx.WebhookEndpoint.Query().Where(endpointID(s.to.id))).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("lock endpoint: %w", err)
		}
		if err := save(ctx, tx); err != nil {
			return err
		}
		if row == nil || row.DueAt == nil || !row.DueAt.Equal(s.lease.Until) {
			return nil // the lease ended, or the endpoint is gone: the attempts happened, the rest is no longer ours to say
		}
		if s.recovered {
			if err := tx.Raw.HurryDeliveries(ctx, s.to.id, now, hurried); err != nil {
				return err
			}
		}
		if err := s.remember(ctx, tx); err != nil {
			return err
		}
		return s.schedule(ctx, tx, now)
	})
	if err != nil {
		return fmt.Errorf("settle deliveries to endpoint %s: %w", s.to.id, err)
	}
	return nil
}

// mayDisable reports whether what happened may switch the endpoint off.
func (s *slice) mayDisable() bool {
	return s.gone || s.to.hook != nil && s.dead > 0 && s.to.hook.Failures+s.dead > maxFailures
}

// schedule says how the endpoint does and when something is due next.
func (s *slice) schedule(ctx context.Context, tx *store.Tx, now time.Time) error {
	next, waits, err := tx.Raw.NextDelivery(ctx, s.to.id)
	if err != nil {
		return err
	}
	if s.held && waits && !s.disabled {
		if next, err = s.whileHeld(ctx, tx, now); err != nil {
			return err
		}
	}
	if s.disabled {
		next = now // what waits is given up at once
	}
	update := tx.WebhookEndpoint.Update().Where(endpointID(s.to.id)).SetFailures(s.failures)
	var closed time.Time
	if s.failures >= breakAfter {
		closed = now.Add(breakFor(s.failures))
	}
	if s.pause > 0 && now.Add(s.pause).After(closed) {
		closed = now.Add(s.pause)
	}
	if closed.IsZero() || s.disabled {
		update.ClearOpenUntil()
	} else {
		update.SetOpenUntil(stamp(closed))
		next = later(next, closed)
	}
	switch {
	case !waits:
		update.ClearDueAt()
	case next.After(now):
		update.SetDueAt(stamp(next))
	default:
		update.SetDueAt(stamp(now))
		tx.OnCommit(s.room.n.Ring)
	}
	if !s.lastSuccess.IsZero() {
		update.SetLastSuccessAt(stamp(s.lastSuccess))
	}
	if !s.lastFailure.IsZero() {
		update.SetLastFailureAt(stamp(s.lastFailure)).SetLastError(s.lastError)
	}
	if s.gone && s.to.hook == nil {
		update.SetDisabledAt(stamp(now))
	}
	return update.Exec(ctx)
}

// heardEvery is how often a webhook's success is written down at most: each costs a statement.
const heardEvery = time.Minute

// remember keeps what a webhook of the API has in its own row: failures in a row, its time left, whether it is enabled. Spec: webhooks §5.1.
func (s *slice) remember(ctx context.Context, tx *store.Tx) error {
	hook, now := s.to.hook, s.room.now()
	if s.disabled = s.gone; s.gone {
		return s.room.recordDisabled(ctx, tx, s.tenant, s.to, "its endpoint answered 410 Gone")
	}
	if hook == nil {
		return nil
	}
	if !s.lastSuccess.IsZero() && (hook.Failures > 0 || hook.ExpiresAt.Before(now.Add(Lifetime-heardEvery))) {
		if err := tx.Raw.WebhookHeard(ctx, hook.ID, now.Add(Lifetime)); err != nil {
			return err
		}
	}
	if s.dead == 0 {
		return nil
	}
	if err := tx.Raw.WebhookFailed(ctx, hook.ID, s.dead, maxFailures); err != nil {
		return err
	}
	still, err := tx.Webhook.Query().Where(entwebhook.ID(hook.ID), entwebhook.Enabled(true)).Exist(ctx)
	if err != nil || still || !s.mayDisable() {
		return err
	}
	s.disabled = true
	return s.room.recordDisabled(ctx, tx, s.tenant, s.to, "it did not take six events in a row")
}

// recordDisabled switches an endpoint off that does so by itself, and records why. Every replica hears of it: call Bump before.
func (r *Room) recordDisabled(ctx context.Context, tx *store.Tx, t *tenants.Tenant, to target, why string) error {
	if to.hook != nil {
		if err := tx.Webhook.Update().Where(entwebhook.ID(to.id)).SetEnabled(false).Exec(ctx); err != nil {
			return fmt.Errorf("disable webhook %s: %w", to.id, err)
		}
	}
	return r.n.Outbox.Write(ctx, tx, event.Audit(t, auth.Client{}, event.WebhookDisabled, event.Actor{},
		map[string]any{"webhook_id": to.id.String(), "callback": to.callback, "reason": why}, ""))
}

// dropRows is how many deliveries one transaction drops.
const dropRows = 1000

// drop gives up what waits for an endpoint that is off, some at a time, and forgets the endpoint of a webhook that is gone.
func (r *Room) drop(ctx context.Context, t *tenants.Tenant, to target) error {
	now := r.now()
	err := r.n.Store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		if to.off == offLapsed {
			if err := r.n.Registry.Bump(ctx, tx, t.ID); err != nil {
				return err
			}
		}
		if _, err := store.Lock(tx, tx.WebhookEndpoint.Query().Where(endpointID(to.id))).Only(ctx); err != nil {
			return fmt.Errorf("lock endpoint: %w", err)
		}
		if to.off == offLapsed {
			if err := r.recordDisabled(ctx, tx, t, to, string(to.off)); err != nil {
				return err
			}
		}
		n, err := tx.Raw.DropDeliveries(ctx, to.id, now, string(event.EmailSend), dropRows)
		switch {
		case err != nil:
			return err
		case n == dropRows:
			tx.OnCommit(r.n.Ring)
			return tx.WebhookEndpoint.Update().Where(endpointID(to.id)).SetDueAt(stamp(now)).ClearOpenUntil().Exec(ctx)
		case to.off == offGone:
			_, err := tx.WebhookEndpoint.Delete().Where(endpointID(to.id)).Exec(ctx)
			return err
		}
		return tx.WebhookEndpoint.Update().Where(endpointID(to.id)).ClearDueAt().ClearOpenUntil().SetFailures(0).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("drop what waits for endpoint %s: %w", to.id, err)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
