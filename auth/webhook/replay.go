package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/webhookdelivery"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// replayRows is how many deliveries one transaction replays, replayMost how many one call.
	replayRows = 500
	replayMost = 10_000
)

// Errors of replays.
var (
	ErrForgotten = problem.Conflict("webhook_delivery_forgotten", "what the delivery told may have held a code and is forgotten")
	ErrDisabled  = problem.Conflict("webhook_disabled", "the endpoint is disabled or deleted")
)

// Replay sends a delivery again, with the same webhook-id, as though it had never been tried; one that waits becomes due. Errors: ErrNoDelivery,
// also for another tenant's; ErrForgotten; ErrDisabled.
func (r *Room) Replay(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (Told, error) {
	known, err := r.Delivery(ctx, t, id)
	if err != nil {
		return Told{}, err
	}
	if !known.Replayable {
		return Told{}, ErrForgotten
	}
	to, err := r.target(ctx, t, known.Endpoint)
	if err != nil {
		return Told{}, err
	}
	if to.off != "" {
		return Told{}, ErrDisabled
	}
	now := r.now()
	err = r.insertAgain(ctx, t.ID, func(ctx context.Context, tx *store.Tx) error {
		if err := r.wake(ctx, tx, t.ID, []uuid.UUID{known.Endpoint}); err != nil {
			return err
		}
		row, err := store.Lock(tx, tx.WebhookDelivery.Query().Where(webhookdelivery.ID(id))).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return ErrNoDelivery
		case err != nil:
			return err
		case len(row.Payload) == 0:
			return ErrForgotten
		case row.State == Waiting:
			return tx.WebhookDelivery.UpdateOne(row).SetAvailableAt(now).Exec(ctx)
		}
		return tx.WebhookDelivery.UpdateOne(row).SetState(Waiting).SetAttempts(0).SetAvailableAt(now).SetGiveUpAt(now.Add(keepTrying)).ClearFinishedAt().Exec(ctx)
	})
	if err != nil {
		return Told{}, fmt.Errorf("replay delivery %s: %w", id, err)
	}
	return r.Delivery(ctx, t, id)
}

// A Wanted says which deliveries to replay.
type Wanted struct {
	Endpoint uuid.UUID // nil for all that are enabled
	State    string    // Delivered, Dead or Dropped
	From, To time.Time // of created_at; zero for no bound
}

// ReplayMany replays deliveries, the oldest first, at most 10 000 at a time. It returns how many, and whether there may be more. Errors:
// ErrNotFound and ErrDisabled about the endpoint.
func (r *Room) ReplayMany(ctx context.Context, t *tenants.Tenant, w Wanted) (n int, more bool, err error) {
	ids, err := r.replayable(ctx, t, w.Endpoint)
	if err != nil || len(ids) == 0 {
		return 0, false, err
	}
	began := r.now()
	for n < replayMost {
		some := 0
		err := r.n.Store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) (err error) {
			now := r.now()
			some, err = tx.Raw.ReplayDeliveries(ctx, rawsql.Replay{
				Endpoints: ids, State: w.State, From: w.From, To: w.To, Before: began, GiveUpAt: now.Add(keepTrying),
			}, now, replayRows)
			return err
		})
		if err != nil {
			return n, false, fmt.Errorf("replay deliveries: %w", err)
		}
		n += some
		if some < replayRows {
			break
		}
	}
	if n == 0 {
		return 0, false, nil
	}
	err = r.insertAgain(ctx, t.ID, func(ctx context.Context, tx *store.Tx) error { return r.wake(ctx, tx, t.ID, ids) })
	if err != nil {
		return n, false, fmt.Errorf("replay deliveries: %w", err)
	}
	return n, n >= replayMost, nil
}

// replayable are the endpoints that events can be sent to again: the one asked for, or all.
func (r *Room) replayable(ctx context.Context, t *tenants.Tenant, id uuid.UUID) ([]uuid.UUID, error) {
	if id != uuid.Nil {
		to, err := r.target(ctx, t, id)
		switch {
		case err != nil:
			return nil, err
		case to.off == offGone:
			return nil, ErrNotFound
		case to.off != "":
			return nil, ErrDisabled
		}
		return []uuid.UUID{id}, nil
	}
	all, err := r.Endpoints(ctx, t)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	for _, e := range all {
		if e.Enabled {
			ids = append(ids, e.ID)
		}
	}
	return ids, nil
}
