package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

const (
	// relayEvery is how often the outbox is looked at when nobody rings: for rows whose time has come, and rings that were lost.
	relayEvery = time.Second
	// relayRest is how long nothing is looked for after a look, so that rings in a row are one. Calls wait as long in the queue anyway.
	relayRest = taskCheckEvery
	// roundTenants is how many tenants one round calls for.
	roundTenants = 50
	// roundEndpoints is how many endpoints of webhooks one round takes.
	roundEndpoints = 50
	// callEvery is how often a tenant is called for again where the same intent is still the first: the call may have been lost with who had it.
	callEvery = 10 * time.Second
	// callTimeout bounds what is done at one call.
	callTimeout = turnTime + lease
)

// A relay finds out which tenants have something due in the outbox and calls for them through the queue. It takes nothing out: who is called
// does, so that a tenant who has much of something costs no more here, and in the queue, than one who has little.
type relay struct {
	store  *store.Store
	client *asynq.Client
	bell   <-chan struct{}
	again  <-chan struct{} // as the bell, of this process
	// webhooks says whether endpoints of webhooks are handed out, too.
	webhooks bool
	now      func() time.Time
	// kinds are those with a task; intents of other kinds stay where they are.
	kinds []string
	log   *slog.Logger
	room  *queueRoom
	after uuid.UUID
}

func (r *relay) run(ctx context.Context) {
	ctx = scope.With(ctx, scope.System("call for the intents of all tenants"))
	ticker := time.NewTicker(relayEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-r.bell:
		case <-r.again:
		}
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = r.round(ctx); err != nil {
				if ctx.Err() == nil {
					r.log.WarnContext(ctx, "what is due in the outbox cannot be called for now", "error", err)
				}
				break
			}
		}
		if !rest(ctx, nil, relayRest) {
			return
		}
	}
}

// round calls for some of the tenants that have something due. It reports whether there may be more.
func (r *relay) round(ctx context.Context) (bool, error) {
	at := time.Now().UTC()
	var due rawsql.Due
	var endpoints []rawsql.ClaimedEndpoint
	kinds, err := r.room.of(r.kinds)
	if err != nil {
		return false, err
	}
	err = r.store.DoByOrder(ctx, scope.System("look for what is due of all tenants"), func(ctx context.Context, tx *store.Tx) error {
		var err error
		if len(kinds) > 0 {
			due, err = tx.Raw.DueIntents(ctx, rawsql.Look{Now: at, Kinds: kinds, After: r.after, Tenants: roundTenants})
		}
		if err == nil && r.webhooks {
			endpoints, err = tx.Raw.ClaimEndpoints(ctx, r.now(), webhook.Lease, roundEndpoints)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look: %w", err)
	}
	if len(kinds) > 0 {
		r.after = due.Last
		r.room.called(kinds, r.kinds, due.Kinds, due.Last != uuid.Nil)
	}
	for _, e := range endpoints {
		if err := r.enqueueSlice(ctx, e); err != nil {
			return false, err
		}
	}
	for _, d := range due.Kinds {
		if err := r.call(ctx, d, at); err != nil {
			return false, err // they are still due
		}
	}
	return due.Last != uuid.Nil || len(endpoints) == roundEndpoints, nil
}

// A call tells a worker that a tenant has something due of a kind.
type call struct {
	Kind   string    `json:"k"`
	Tenant uuid.UUID `json:"t"`
}

// call enqueues a call, unless one for the same first intent waits in the queue or is being followed.
func (r *relay) call(ctx context.Context, d rawsql.DueKind, at time.Time) error {
	payload, err := json.Marshal(call{Kind: d.Kind, Tenant: d.TenantID})
	if err != nil {
		return fmt.Errorf("encode task: %w", err)
	}
	id := fmt.Sprintf("%s/%d", d.First, at.UnixNano()/int64(callEvery))
	_, err = r.client.EnqueueContext(ctx, asynq.NewTask("call:"+d.Kind, payload),
		asynq.TaskID(id), asynq.Queue(d.Kind), asynq.MaxRetry(0), asynq.Timeout(callTimeout))
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("enqueue: %w", err)
	}
	return nil
}
