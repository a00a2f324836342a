package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Rotation is a new signing secret.
type Rotation struct {
	Secret string `json:"secret" doc:"The new signing secret. It is not shown again." example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="`
	// OverlapUntil is until when the former secret signs, too.
	OverlapUntil time.Time `json:"overlap_until" doc:"Until then messages carry a signature of the former secret, too." example:"2026-11-30T12:00:00Z"`
}

// RotateSecret gives an endpoint of either kind a new signing secret, which is told only now. The former one goes on signing beside it for the
// overlap, at most MaxOverlap. Error: ErrNotFound, also for another tenant's.
func (r *Room) RotateSecret(
	ctx context.Context, t *tenants.Tenant, c auth.Client, by tenants.Actor, id uuid.UUID, overlap time.Duration,
) (Rotation, error) {
	fresh, now := newSecret(), r.now()
	err := r.changeEndpoint(ctx, t, c, by, event.WebhookSecret, id, func(ctx context.Context, tx *store.Tx) error {
		row, err := store.Lock(tx, tx.WebhookEndpoint.Query().Where(endpointID(id))).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("lock endpoint: %w", err)
		}
		var known secrets
		if row != nil {
			if known, err = r.unseal(t.ID, id, row.Secrets); err != nil {
				return err
			}
		}
		sealed, err := r.seal(t.ID, id, known.rotated(fresh, now, overlap))
		if err != nil {
			return err
		}
		return keepSecrets(ctx, tx, id, sealed)
	})
	if err != nil {
		return Rotation{}, err
	}
	return Rotation{Secret: fresh.text(), OverlapUntil: now.Add(overlap)}, nil
}

// TestEvent is the name of the event that a test sends. No subscription is for it.
const TestEvent event.Name = "webhook.test"

// A Test is how a test went.
type Test struct {
	MessageID uuid.UUID `json:"message_id" format:"uuid" doc:"The webhook-id that was sent." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Event     string    `json:"event" doc:"The event that was sent." example:"webhook.test"`
	Delivered bool      `json:"delivered" doc:"Whether the receiver answered 2xx."`
	Attempt
}

// Test sends an event to an endpoint of either kind, at once and once, signed like all others, whether or not it is enabled. Nothing of it is
// stored. Error: ErrNotFound, also for another tenant's.
func (r *Room) Test(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (Test, error) {
	to, err := r.target(ctx, t, id)
	if err != nil {
		return Test{}, err
	}
	if to.off == offGone {
		return Test{}, ErrNotFound
	}
	now := r.now()
	key, err := t.Keys.Signer(now)
	if err != nil {
		return Test{}, err
	}
	s, err := r.secrets(ctx, t, to, now)
	if err != nil {
		return Test{}, err
	}
	m := message{id: uuid.Must(uuid.NewV7()), event: TestEvent, data: fmt.Appendf(nil, `{"webhook_id":"%s"}`, id)}
	a := r.send(ctx, t, key, s, to.callback, m)
	return Test{MessageID: m.id, Event: string(m.event), Delivered: a.OK(), Attempt: a}, nil
}
