package webhook

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/webhookendpoint"
	"github.com/latchkeep/latchkeep/tenants"
)

// The states of a delivery.
const (
	Waiting   = "waiting"
	Delivered = "delivered"
	Dead      = "dead"    // it was tried for as long as is allowed
	Dropped   = "dropped" // of no use any more: its endpoint or its code is gone
)

// insertTogether is how many deliveries one statement inserts: a statement has room for 32 766 values (SQLite), and a delivery needs 16.
const insertTogether = 1000

// An Event is one of the outbox.
type Event struct {
	// ID is that of its intent. Receivers know the event by it.
	ID uuid.UUID
	// Key keeps the order: events of one key come one after the other, where that is possible.
	Key string
	// Sealed is the payload as the outbox has it. It stays sealed until it is sent.
	Sealed  []byte
	Payload event.WebhookPayload
	// NotAfter is when it is of no use any more; nil for never.
	NotAfter *time.Time
}

// FanOut leaves the events of a tenant with every endpoint that listens, and wakes those, in one transaction with done, which marks the events
// as taken; an error of done undoes it all. The first attempts follow at once.
func (r *Room) FanOut(ctx context.Context, t *tenants.Tenant, events []Event, done store.Write) error {
	now := r.now()
	disabled, err := r.disabledConfigured(ctx, t)
	if err != nil {
		return err
	}
	rows, ids := r.deliveries(t, events, disabled, now)
	err = r.insertAgain(ctx, t.ID, func(ctx context.Context, tx *store.Tx) error {
		if err := done(ctx, tx); err != nil || len(rows) == 0 {
			return err
		}
		creates := make([]*ent.WebhookDeliveryCreate, len(rows))
		for i, row := range rows {
			creates[i] = tx.WebhookDelivery.Create().SetID(row.ID).SetMessageID(row.MessageID).SetEndpointID(row.EndpointID).SetEvent(row.Event).
				SetOrdering(row.Ordering).SetState(Waiting).SetPayload(row.Payload).SetOccurredAt(row.OccurredAt).
				SetAvailableAt(row.AvailableAt).SetGiveUpAt(row.GiveUpAt).SetCreatedAt(now).SetUpdatedAt(now)
		}
		for some := range slices.Chunk(creates, insertTogether) {
			if err := tx.WebhookDelivery.CreateBulk(some...).Exec(ctx); err != nil {
				return err
			}
		}
		return r.wake(ctx, tx, t.ID, ids)
	})
	if err != nil {
		return fmt.Errorf("fan events out: %w", err)
	}
	return nil
}

// insertAgain runs a write that may make an endpoint, anew where somebody else makes the same one.
func (r *Room) insertAgain(ctx context.Context, tenant uuid.UUID, write store.Write) error {
	const most = 3
	for try := 1; ; try++ {
		err := r.n.Store.Do(ctx, scope.Tenant(tenant), write)
		if try == most || !store.IsUniqueViolation(err) {
			return err
		}
	}
}

// deliveries are the rows that events make, and the endpoints that they are for.
func (r *Room) deliveries(t *tenants.Tenant, events []Event, disabled []uuid.UUID, now time.Time) ([]*ent.WebhookDelivery, []uuid.UUID) {
	var rows []*ent.WebhookDelivery
	var ids []uuid.UUID
	last := map[string]time.Time{}
	for _, e := range events {
		row := ent.WebhookDelivery{
			MessageID: e.ID, Event: string(e.Payload.Event), Ordering: e.Key, Payload: e.Sealed,
			OccurredAt: e.Payload.At.UTC().Truncate(time.Microsecond), AvailableAt: turn(e.ID, now),
			GiveUpAt: e.Payload.At.UTC().Truncate(time.Microsecond).Add(keepTrying),
		}
		if e.Key != "" { // of two at the same microsecond the earlier one comes first, too
			if before := last[e.Key]; !row.AvailableAt.After(before) {
				row.AvailableAt = before.Add(time.Microsecond)
			}
			last[e.Key] = row.AvailableAt
		}
		if e.NotAfter != nil {
			row.GiveUpAt = e.NotAfter.UTC()
		}
		for _, id := range listeners(t, e.Payload.Event) {
			if slices.Contains(disabled, id) {
				continue
			}
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
			one := row
			one.ID, one.EndpointID = uuid.Must(uuid.NewV7()), id
			rows = append(rows, &one)
		}
	}
	return rows, ids
}

// turn is when an event is due first: at the time that its id was made (RFC 9562 §5.7, with the fraction of a millisecond that our ids have, see
// §6.2), so that of two events the earlier one is never due later.
func turn(id uuid.UUID, now time.Time) time.Time {
	if id.Version() != 7 {
		return now
	}
	milli := int64(binary.BigEndian.Uint64(id[:8]) >> 16)
	fraction := time.Duration(binary.BigEndian.Uint16(id[6:8])&0xfff) * time.Millisecond >> 12
	if at := time.UnixMilli(milli).Add(fraction).UTC().Truncate(time.Microsecond); at.Before(now) {
		return at
	}
	return now // of a machine whose clock is ahead
}

// disabledConfigured are the endpoints of the configuration that are switched off. It asks only where there are any.
func (r *Room) disabledConfigured(ctx context.Context, t *tenants.Tenant) ([]uuid.UUID, error) {
	if !t.Config.Webhooks.Enabled || len(configuredEndpoints(t)) == 0 {
		return nil, nil
	}
	ids, err := r.n.Store.Reader().WebhookEndpoint.Query().Where(webhookendpoint.DisabledAtNotNil()).IDs(scope.With(ctx, scope.Tenant(t.ID)))
	if err != nil {
		return nil, fmt.Errorf("find disabled endpoints: %w", err)
	}
	return ids, nil
}

// wake makes endpoints due, those at their first use, too. It locks their rows: who ends a slice looks for what waits under the same lock, so
// nothing is left behind. Whoever is to be woken hears of it once the unit of work is committed.
func (r *Room) wake(ctx context.Context, tx *store.Tx, tenant uuid.UUID, ids []uuid.UUID) error {
	here, err := store.Lock(tx, tx.WebhookEndpoint.Query().Where(webhookendpoint.IDIn(ids...)).Order(ent.Asc(webhookendpoint.FieldID))).IDs(ctx)
	if err != nil {
		return fmt.Errorf("lock endpoints: %w", err)
	}
	var fresh []*ent.WebhookEndpointCreate
	for _, id := range ids {
		if slices.Contains(here, id) {
			continue
		}
		create, _, err := r.newEndpoint(tx, tenant, id)
		if err != nil {
			return err
		}
		fresh = append(fresh, create.SetDueAt(r.now()))
	}
	if len(fresh) > 0 {
		if err := tx.WebhookEndpoint.CreateBulk(fresh...).Exec(ctx); err != nil {
			return fmt.Errorf("make endpoints: %w", err)
		}
	}
	if err := tx.Raw.WakeEndpoints(ctx, r.now(), here...); err != nil {
		return err
	}
	tx.OnCommit(r.n.Ring)
	return nil
}

// newEndpoint is an endpoint at its first use, with a secret of its own, whose text it returns.
func (r *Room) newEndpoint(tx *store.Tx, tenant, id uuid.UUID) (*ent.WebhookEndpointCreate, string, error) {
	fresh := newSecret()
	sealed, err := r.seal(tenant, id, secrets{fresh})
	if err != nil {
		return nil, "", err
	}
	return tx.WebhookEndpoint.Create().SetID(id).SetSecrets(sealed), fresh.text(), nil
}

// forgets reports whether what an event tells is forgotten once it is done with: it may hold a code.
func forgets(name string) bool { return name == string(event.EmailSend) }
