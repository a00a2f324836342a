package webhook

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	entwebhook "github.com/latchkeep/latchkeep/ent/webhook"
	"github.com/latchkeep/latchkeep/ent/webhookendpoint"
	"github.com/latchkeep/latchkeep/tenants"
)

// The states of a circuit.
const (
	CircuitClosed   = "closed"    // events are delivered as they come
	CircuitOpen     = "open"      // nothing is tried for now
	CircuitHalfOpen = "half_open" // the next attempt tells whether it closes
)

// countedWaiting is up to how many waiting deliveries are counted.
const countedWaiting = 1000

// An Endpoint is where events are posted to, and how it does.
type Endpoint struct {
	ID            uuid.UUID  `json:"id" format:"uuid" doc:"The webhook's id; one of the configuration has an id that stays while its callback does." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Callback      string     `json:"callback" doc:"Where events are posted to." example:"https://shop.example/hooks/latchkeep"`
	Source        string     `json:"source" enum:"database,config" doc:"Whether it was made here, or stands in the tenant's configuration."`
	Events        []string   `json:"events" doc:"What it is sent: every event whose name begins with one of these."`
	Enabled       bool       `json:"enabled" doc:"Whether events are sent."`
	Failures      int        `json:"failures" doc:"Attempts in a row that failed." example:"0"`
	Circuit       string     `json:"circuit" enum:"closed,open,half_open" doc:"After ten failed attempts in a row the circuit opens: one attempt is made now and then, until one succeeds."`
	RetryAt       *time.Time `json:"retry_at,omitempty" doc:"Where the circuit is open: when the next attempt is made." example:"2026-11-29T12:00:00Z"`
	Waiting       int        `json:"waiting" doc:"Deliveries that wait; 1000 means that many or more." example:"0"`
	LastSuccessAt *time.Time `json:"last_success_at,omitempty" doc:"When it last took an event." example:"2026-11-29T12:00:00Z"`
	LastFailureAt *time.Time `json:"last_failure_at,omitempty" doc:"When an attempt last failed." example:"2026-11-29T12:00:00Z"`
	LastError     string     `json:"last_error,omitempty" doc:"Why it failed." example:"the answer was 500"`
}

// Endpoints lists all endpoints of a tenant: those of the configuration, then the webhooks made through the API, oldest first.
func (r *Room) Endpoints(ctx context.Context, t *tenants.Tenant) ([]Endpoint, error) {
	hooks, err := r.n.Store.Reader().Webhook.Query().
		Order(ent.Asc(entwebhook.FieldCreatedAt, entwebhook.FieldID)).All(scope.With(ctx, scope.Tenant(t.ID)))
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	list := make([]Endpoint, 0, len(hooks))
	for _, c := range configuredEndpoints(t) {
		list = append(list, c.endpoint(t))
	}
	for _, row := range hooks {
		e, err := endpointOf(row)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, r.health(ctx, t, list)
}

// Endpoint reads one. Error: ErrNotFound, also for another tenant's.
func (r *Room) Endpoint(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (Endpoint, error) {
	var list []Endpoint
	if c, ok := configuredBy(t, id); ok {
		list = []Endpoint{c.endpoint(t)}
	} else {
		row, err := r.n.Store.Reader().Webhook.Query().Where(entwebhook.ID(id)).Only(scope.With(ctx, scope.Tenant(t.ID)))
		if ent.IsNotFound(err) {
			return Endpoint{}, ErrNotFound
		}
		if err != nil {
			return Endpoint{}, fmt.Errorf("read webhook %s: %w", id, err)
		}
		e, err := endpointOf(row)
		if err != nil {
			return Endpoint{}, err
		}
		list = []Endpoint{e}
	}
	err := r.health(ctx, t, list)
	return list[0], err
}

func (c configured) endpoint(t *tenants.Tenant) Endpoint {
	return Endpoint{
		ID: c.ID, Callback: c.Callback, Source: SourceConfig, Enabled: t.Config.Webhooks.Enabled,
		Events: slices.Compact(slices.Sorted(slices.Values(c.Events))),
	}
}

func endpointOf(row *ent.Webhook) (Endpoint, error) {
	events, err := tenants.DecodeHookEvents(row.Events)
	e := Endpoint{ID: row.ID, Callback: row.Callback, Source: SourceDatabase, Enabled: row.Enabled, Events: []string{}}
	for _, one := range events {
		e.Events = append(e.Events, one.Event)
	}
	return e, err
}

// health adds how endpoints do.
func (r *Room) health(ctx context.Context, t *tenants.Tenant, list []Endpoint) error {
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	ids := make([]uuid.UUID, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	rows, err := r.n.Store.Reader().WebhookEndpoint.Query().Where(webhookendpoint.IDIn(ids...)).All(ctx)
	if err != nil {
		return fmt.Errorf("read endpoints: %w", err)
	}
	waiting, err := r.n.Store.Raw().CountWaiting(ctx, ids, countedWaiting)
	if err != nil {
		return err
	}
	for i := range list {
		e := &list[i]
		e.Circuit, e.Waiting = CircuitClosed, waiting[e.ID]
		at := slices.IndexFunc(rows, func(row *ent.WebhookEndpoint) bool { return row.ID == e.ID })
		if at < 0 {
			continue
		}
		row := rows[at]
		e.Enabled = e.Enabled && row.DisabledAt == nil
		e.Failures, e.LastError = row.Failures, row.LastError
		e.LastSuccessAt, e.LastFailureAt = utc(row.LastSuccessAt), utc(row.LastFailureAt)
		if row.Failures < breakAfter {
			continue
		}
		e.Circuit = CircuitHalfOpen
		if row.OpenUntil != nil && row.OpenUntil.After(r.now()) {
			e.Circuit, e.RetryAt = CircuitOpen, utc(row.OpenUntil)
		}
	}
	return nil
}

func utc(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	u := at.UTC()
	return &u
}
