// Package webhook keeps the webhooks that a tenant's back ends make, and delivers events to them and to those of the tenant's configuration.
//
// Whether anybody listens to an event is decided in auth/event, by what the tenant's snapshot knows; the event then waits in the outbox. The
// worker has it fanned out: one delivery for each endpoint that listens. An endpoint is what is scheduled: whoever has leased it delivers some
// of what waits for it, in order where that is possible, and says when it is due next. The package never decides when it is called.
//
// Spec: webhooks, rest-admin §6.2; DESIGN: decisions 6 and 7.
package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	entwebhook "github.com/latchkeep/latchkeep/ent/webhook"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// Lifetime is how long a webhook lasts without a delivery, where the tenant lets them lapse.
	Lifetime = 30 * 24 * time.Hour
	// Limit is how many webhooks a tenant can have: each is called for every event it asks for.
	Limit = 100
)

// Errors of a Room.
var (
	ErrNotFound = problem.NotFound("webhook_not_found", "the webhook does not exist")
	ErrLimit    = problem.Conflict("webhook_limit_reached", fmt.Sprintf("a tenant has at most %d webhooks", Limit))
)

// A Webhook is an endpoint that a tenant's back end wants told of events.
type Webhook struct {
	ID        uuid.UUID           `json:"id" format:"uuid" doc:"The webhook's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Callback  string              `json:"callback" format:"uri" doc:"Where events are posted to." example:"https://shop.example/hooks/latchkeep"`
	Enabled   bool                `json:"enabled" doc:"Whether events are sent. It becomes false after six failures in a row."`
	Failures  int                 `json:"failures" doc:"Failures since the last success." example:"0"`
	ExpiresAt time.Time           `json:"expires_at" doc:"When it is disabled for want of a success, where the tenant's configuration lets webhooks expire." example:"2026-12-29T12:00:00Z"`
	Events    []tenants.HookEvent `json:"events" doc:"What it is sent, in the order given."`
	CreatedAt time.Time           `json:"created_at" doc:"When it was made." example:"2026-11-29T12:00:00Z"`
	UpdatedAt time.Time           `json:"updated_at" doc:"When it was last changed." example:"2026-11-29T12:00:00Z"`
}

// A Wish is what a webhook shall be.
type Wish struct {
	Callback string
	Events   []string
	Enabled  bool
}

// Needs are what a Room works with. All are required but Now, AllowsPlain and what says so.
type Needs struct {
	Store   *store.Store
	Outbox  *outbox.Writer
	Keyring *secret.Keyring
	// Registry is told of changes, so that every replica knows who listens.
	Registry *tenants.Registry
	// Client reaches receivers, and nobody inside: see pkg/safehttp.
	Client *http.Client
	// Ring wakes the worker: something can be delivered.
	Ring func()
	Log  *slog.Logger
	// Now is the clock; time.Now where it is nil.
	Now func() time.Time
	// Attempted hears of every attempt: in which state it left the delivery, and how long it took. Optional.
	Attempted func(state string, took time.Duration)
	// Counted hears of tenants of whom deliveries were counted; it must not block. Optional.
	Counted func(tenant uuid.UUID)
	// AllowsPlain says whether callbacks of a host may begin with http://; nil: of none.
	AllowsPlain func(host string) bool
	// Traces tell of attempts; optional.
	Traces *telemetry.Traces
}

// A Room keeps the webhooks of all tenants and delivers to them.
type Room struct{ n Needs }

// NewRoom keeps webhooks in a store.
func NewRoom(n Needs) *Room {
	if n.Now == nil {
		n.Now = time.Now
	}
	if n.Attempted == nil {
		n.Attempted = func(string, time.Duration) {}
	}
	if n.Counted == nil {
		n.Counted = func(uuid.UUID) {}
	}
	return &Room{n}
}

// now is the time as the database keeps it.
func (r *Room) now() time.Time { return stamp(r.n.Now()) }

// List reads all webhooks, disabled ones, too, oldest first.
func (r *Room) List(ctx context.Context, t *tenants.Tenant) ([]Webhook, error) {
	rows, err := r.n.Store.Reader().Webhook.Query().
		Order(ent.Asc(entwebhook.FieldCreatedAt, entwebhook.FieldID)).All(scope.With(ctx, scope.Tenant(t.ID)))
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	list := make([]Webhook, len(rows))
	for i, row := range rows {
		if list[i], err = show(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Get reads a webhook. Error: ErrNotFound, also for another tenant's.
func (r *Room) Get(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (Webhook, error) {
	row, err := r.n.Store.Reader().Webhook.Query().Where(entwebhook.ID(id)).Only(scope.With(ctx, scope.Tenant(t.ID)))
	return found(row, err)
}

// Create makes a webhook, enabled whatever was wished, and returns it with its signing secret, which is told only now. Errors: invalid_webhook
// with every problem, ErrLimit.
func (r *Room) Create(ctx context.Context, t *tenants.Tenant, c auth.Client, by tenants.Actor, wish Wish) (Webhook, string, error) {
	if err := wish.check(r.n.AllowsPlain); err != nil {
		return Webhook{}, "", err
	}
	events, err := subscribe(wish.Events)
	if err != nil {
		return Webhook{}, "", err
	}
	var text string
	id, at := uuid.Must(uuid.NewV7()), r.now()
	var row *ent.Webhook
	err = r.change(ctx, t, c, by, event.WebhookCreated, id, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Webhook.Query().Count(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("count webhooks: %w", err)
		case n >= Limit:
			return ErrLimit
		}
		row, err = tx.Webhook.Create().SetID(id).SetCallback(wish.Callback).SetEvents(events).SetEnabled(true).SetFailures(0).
			SetExpiresAt(at.Add(Lifetime)).SetCreatedAt(at).SetUpdatedAt(at).Save(ctx)
		if err != nil {
			return err
		}
		endpoint, told, err := r.newEndpoint(tx, t.ID, id)
		if err != nil {
			return err
		}
		text = told
		return endpoint.Exec(ctx)
	})
	made, err := found(row, err)
	return made, text, err
}

// Replace makes a webhook what is wished, with subscriptions of new ids, no failures, and as much time left as a new one. Errors:
// invalid_webhook with every problem, ErrNotFound.
func (r *Room) Replace(ctx context.Context, t *tenants.Tenant, c auth.Client, by tenants.Actor, id uuid.UUID, wish Wish) (Webhook, error) {
	if err := r.checkChange(ctx, t, id, wish); err != nil {
		return Webhook{}, err
	}
	events, err := subscribe(wish.Events)
	if err != nil {
		return Webhook{}, err
	}
	var row *ent.Webhook
	err = r.change(ctx, t, c, by, event.WebhookUpdated, id, func(ctx context.Context, tx *store.Tx) (err error) {
		at := r.now()
		if !wish.Enabled { // what waits is given up
			if err := r.wakeIfUsed(ctx, tx, id); err != nil {
				return err
			}
		}
		row, err = tx.Webhook.UpdateOneID(id).SetCallback(wish.Callback).SetEvents(events).SetEnabled(wish.Enabled).SetFailures(0).
			SetExpiresAt(at.Add(Lifetime)).SetUpdatedAt(at).Save(ctx)
		return err
	})
	return found(row, err)
}

// Delete ends a webhook. Error: ErrNotFound, also for another tenant's.
func (r *Room) Delete(ctx context.Context, t *tenants.Tenant, c auth.Client, by tenants.Actor, id uuid.UUID) error {
	return r.change(ctx, t, c, by, event.WebhookDeleted, id, func(ctx context.Context, tx *store.Tx) error {
		if err := r.wakeIfUsed(ctx, tx, id); err != nil {
			return err
		}
		return tx.Webhook.DeleteOneID(id).Exec(ctx)
	})
}

// change writes a change of a webhook and its record, and has every replica hear of it. The tenant's row is locked first, so changes of a
// tenant's webhooks follow one another.
func (r *Room) change(
	ctx context.Context, t *tenants.Tenant, c auth.Client, by tenants.Actor, kind event.AuditType, id uuid.UUID, write store.Write,
) error {
	w := &auth.Work{}
	w.Do(func(ctx context.Context, tx *store.Tx) error { return r.n.Registry.Bump(ctx, tx, t.ID) })
	w.Do(write)
	w.Emit(event.AuditBackend(t, c, by, kind, event.Actor{}, map[string]any{"webhook_id": id.String()}))
	err := w.Commit(ctx, r.n.Store, scope.Tenant(t.ID), r.n.Outbox)
	if ent.IsNotFound(err) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("change webhook %s: %w", id, err)
	}
	return nil
}

// wakeIfUsed has the worker look after an endpoint, if it was ever used.
func (r *Room) wakeIfUsed(ctx context.Context, tx *store.Tx, id uuid.UUID) error {
	used, err := store.Lock(tx, tx.WebhookEndpoint.Query().Where(endpointID(id))).Exist(ctx)
	if err != nil || !used {
		return err
	}
	tx.OnCommit(r.n.Ring)
	return tx.Raw.WakeEndpoints(ctx, r.now(), id)
}

func found(row *ent.Webhook, err error) (Webhook, error) {
	if ent.IsNotFound(err) {
		return Webhook{}, ErrNotFound
	}
	if err != nil {
		return Webhook{}, err
	}
	return show(row)
}

func show(row *ent.Webhook) (Webhook, error) {
	events, err := tenants.DecodeHookEvents(row.Events)
	if err != nil {
		return Webhook{}, err
	}
	return Webhook{
		ID: row.ID, Callback: row.Callback, Enabled: row.Enabled, Failures: row.Failures, ExpiresAt: row.ExpiresAt.UTC(),
		Events: events, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}, nil
}

// subscribe gives each event an id, and keeps their order.
func subscribe(names []string) (json.RawMessage, error) {
	events := make([]tenants.HookEvent, len(names))
	for i, name := range names {
		events[i] = tenants.HookEvent{ID: uuid.Must(uuid.NewV7()), Event: name}
	}
	return json.Marshal(events)
}
