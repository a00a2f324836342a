package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

const (
	// lease is how long a task may take before its intents are handed out again.
	lease = 2 * time.Minute
	// relayEvery is how often the outbox is looked at when nobody rings: for rows whose time has come, and rings that were lost.
	relayEvery = time.Second
	// roundTenants and roundRows bound what one round takes, so that every tenant gets its turn.
	roundTenants = 50
	roundRows    = 20
	// roundEndpoints is how many endpoints of webhooks one round takes.
	roundEndpoints = 50
	// waitingFanOuts is how many fan-outs may wait in the queue when more is handed out.
	waitingFanOuts = 8
)

// A relay hands what is due in the outbox to the queue.
type relay struct {
	store  *store.Store
	client *asynq.Client
	queue  *asynq.Inspector
	bell   <-chan struct{}
	// webhooks says whether endpoints of webhooks are handed out, too.
	webhooks bool
	now      func() time.Time
	// kinds are those with a task; intents of other kinds stay where they are.
	kinds []string
	log   *slog.Logger

	after uuid.UUID
}

func (r *relay) run(ctx context.Context) {
	ctx = scope.With(ctx, scope.System("hand out the intents of all tenants"))
	ticker := time.NewTicker(relayEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-r.bell:
		}
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = r.round(ctx); err != nil {
				if ctx.Err() == nil {
					r.log.WarnContext(ctx, "the outbox cannot be handed out now", "error", err)
				}
				break
			}
			if more {
				r.breathe(ctx)
			}
		}
	}
}

// breathe waits while many fan-outs wait in the queue, where the first comes first: what one tenant has too much of waits in the outbox, where
// each tenant has her turn.
func (r *relay) breathe(ctx context.Context) {
	if !r.webhooks {
		return
	}
	for range 50 {
		info, err := r.queue.GetQueueInfo(event.KindWebhook)
		if err != nil || info.Pending <= waitingFanOuts { // the queue may not exist yet
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(taskCheckEvery):
		}
	}
}

// round claims some of what is due and enqueues it. It reports whether there may be more.
func (r *relay) round(ctx context.Context) (bool, error) {
	at := time.Now().UTC()
	var claimed rawsql.Claimed
	var endpoints []rawsql.ClaimedEndpoint
	err := r.store.Do(ctx, scope.System("claim intents of all tenants"), func(ctx context.Context, tx *store.Tx) error {
		var err error
		claimed, err = tx.Raw.ClaimIntents(ctx, rawsql.Claim{
			Now: at, Kinds: r.kinds, Lease: lease, After: r.after, Tenants: roundTenants, PerTenant: roundRows,
		})
		if err == nil && r.webhooks {
			endpoints, err = tx.Raw.ClaimEndpoints(ctx, r.now(), webhook.Lease, roundEndpoints)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("claim: %w", err)
	}
	r.after = claimed.Last
	for _, e := range endpoints {
		if err := r.enqueueSlice(ctx, e); err != nil {
			return false, err
		}
	}
	for _, b := range r.batches(claimed.Intents, at.Add(lease)) {
		if err := r.enqueue(ctx, b); err != nil {
			return false, err // the lease ends and the rows are handed out again
		}
	}
	return claimed.More || len(endpoints) == roundEndpoints, nil
}

// batches groups intents into tasks: a tenant's audit records go together, in order, and so do her events; everything else alone.
func (r *relay) batches(intents []rawsql.ClaimedIntent, until time.Time) []batch {
	var out []batch
	type group struct {
		tenant uuid.UUID
		kind   string
	}
	groups := map[group]int{}
	for _, i := range intents {
		it := item{ID: i.ID, Ordering: i.Ordering, Payload: i.Payload, CreatedAt: i.CreatedAt, NotAfter: i.NotAfter, Attempts: i.Attempts}
		if i.Kind == event.KindAudit || i.Kind == event.KindWebhook {
			of := group{i.TenantID, i.Kind}
			if at, ok := groups[of]; ok {
				out[at].Items = append(out[at].Items, it)
				continue
			}
			groups[of] = len(out)
		}
		out = append(out, batch{Kind: i.Kind, Tenant: i.TenantID, Items: []item{it}, Until: until})
	}
	return out
}

// enqueue hands a batch to the queue. The id of the task is that of its first intent and its lease: a second hand-out of the same one is
// refused, a later one is not.
func (r *relay) enqueue(ctx context.Context, b batch) error {
	payload, err := b.encode()
	if err != nil {
		return fmt.Errorf("encode task: %w", err)
	}
	id := fmt.Sprintf("%s/%d", b.Items[0].ID, b.Until.UnixMicro())
	_, err = r.client.EnqueueContext(ctx, asynq.NewTask("intent:"+b.Kind, payload),
		asynq.TaskID(id), asynq.Queue(b.Kind), asynq.MaxRetry(0), asynq.Deadline(b.Until))
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("enqueue: %w", err)
	}
	return nil
}

// releaseAll makes due again what a queue that is gone had been handed.
func (r *relay) releaseAll(ctx context.Context) error {
	return r.store.Do(ctx, scope.System("take up what the embedded queue forgot"), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Raw.ReleaseAllIntents(ctx, time.Now().UTC()); err != nil || !r.webhooks {
			return err
		}
		_, err := tx.Raw.ReleaseAllEndpoints(ctx, r.now())
		return err
	})
}
