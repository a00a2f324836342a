package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/webhookendpoint"
	"github.com/latchkeep/latchkeep/tenants"
)

// holdFor is how long an endpoint is left alone at once whose tenant may deliver no more today: by then she may have been allowed more.
const holdFor = time.Minute

// hold leaves an endpoint alone because its tenant may deliver no more until a time. What waits stays, and nothing that comes wakes it meanwhile.
func (r *Room) hold(ctx context.Context, t *tenants.Tenant, lease rawsql.ClaimedEndpoint, until time.Time) error {
	at := heldUntil(r.now(), until)
	err := r.n.Store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		return tx.WebhookEndpoint.Update().Where(endpointID(lease.ID), webhookendpoint.DueAt(lease.Until)).SetDueAt(at).SetOpenUntil(at).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("hold an endpoint back: %w", err)
	}
	return nil
}

func heldUntil(now, until time.Time) time.Time {
	if soon := now.Add(holdFor); soon.Before(until) {
		until = soon
	}
	return stamp(until)
}

// whileHeld is when the endpoint is to be looked at again while nothing but mails that the tenant sends itself may be delivered: codes cannot wait.
func (s *slice) whileHeld(ctx context.Context, tx *store.Tx, now time.Time) (time.Time, error) {
	next, waits, err := tx.Raw.NextDeliveryOf(ctx, s.to.id, string(event.EmailSend))
	if again := stamp(now.Add(holdFor)); err == nil && (!waits || again.Before(next)) {
		next = again
	}
	return next, err
}
