package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/predicate"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/webhookdelivery"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// Errors about deliveries.
var (
	ErrNoDelivery = problem.NotFound("webhook_delivery_not_found", "the delivery does not exist")
	// ErrBadCursor is the answer to a cursor that was not given out for this list of this tenant.
	ErrBadCursor = problem.Invalid("invalid_cursor", "the cursor does not belong to this list")
)

// A Delivery is an event on its way to an endpoint.
type Delivery struct {
	ID         uuid.UUID  `json:"id" format:"uuid" doc:"The delivery's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	MessageID  uuid.UUID  `json:"message_id" format:"uuid" doc:"The webhook-id: the same for all endpoints, attempts and replays." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
	Endpoint   uuid.UUID  `json:"endpoint" format:"uuid" doc:"The endpoint's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2e"`
	Event      string     `json:"event" doc:"What happened." example:"user.login"`
	State      string     `json:"state" enum:"waiting,delivered,dead,dropped" doc:"Whether it waits for an attempt, was delivered, was given up after three days, or is of no use any more: its endpoint was disabled or deleted, or its code has expired."`
	Attempts   int        `json:"attempts" doc:"Attempts so far, or since it was replayed." example:"1"`
	LastStatus int        `json:"last_status" doc:"The HTTP status of the latest answer; 0 where there was none." example:"200"`
	Replayable bool       `json:"replayable" doc:"Whether it can be sent again. What may hold a code cannot, once it is done with."`
	OccurredAt time.Time  `json:"occurred_at" doc:"When it happened." example:"2026-11-29T12:00:00Z"`
	NextAt     *time.Time `json:"next_attempt_at,omitempty" doc:"Where it waits: when it is due." example:"2026-11-29T12:00:05Z"`
	GiveUpAt   time.Time  `json:"give_up_at" doc:"Until when it is tried." example:"2026-12-02T12:00:00Z"`
	FinishedAt *time.Time `json:"finished_at,omitempty" doc:"When it was delivered or given up." example:"2026-11-29T12:00:00Z"`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was left with the endpoint." example:"2026-11-29T12:00:00Z"`
}

// A Told is a delivery with its attempts.
type Told struct {
	Delivery
	Log []Attempt `json:"attempt_log" doc:"The latest attempts, at most ten, oldest first."`
}

// A Filter says which deliveries to list. What is zero does not count.
type Filter struct {
	Endpoint uuid.UUID
	Event    string // the beginning of its name
	State    string
	From, To time.Time // of created_at: from, and before
}

func (f Filter) predicates() []predicate.WebhookDelivery {
	var p []predicate.WebhookDelivery
	if f.Endpoint != uuid.Nil {
		p = append(p, webhookdelivery.EndpointID(f.Endpoint))
	}
	if f.Event != "" {
		p = append(p, webhookdelivery.EventHasPrefix(f.Event))
	}
	if f.State != "" {
		p = append(p, webhookdelivery.State(f.State))
	}
	if !f.From.IsZero() {
		p = append(p, webhookdelivery.CreatedAtGTE(stamp(f.From)))
	}
	if !f.To.IsZero() {
		p = append(p, webhookdelivery.CreatedAtLT(stamp(f.To)))
	}
	return p
}

// place is where a page of deliveries ends.
type place struct {
	At time.Time `json:"a"`
	ID uuid.UUID `json:"i"`
}

func listOf(t *tenants.Tenant, f Filter) any { return []any{"webhook deliveries", t.ID, f} }

// Deliveries reads a page of the deliveries that meet a filter, newest first, from a cursor on; an empty one is the beginning. It returns the
// cursor of what follows, empty at the end. Error: ErrBadCursor.
func (r *Room) Deliveries(ctx context.Context, t *tenants.Tenant, f Filter, cursor string, limit int) ([]Delivery, string, error) {
	where := f.predicates()
	if cursor != "" {
		var after place
		if !paging.OpenCursor(r.n.Keyring, listOf(t, f), cursor, &after) {
			return nil, "", ErrBadCursor
		}
		where = append(where, webhookdelivery.Or(
			webhookdelivery.CreatedAtLT(after.At), webhookdelivery.And(webhookdelivery.CreatedAt(after.At), webhookdelivery.IDLT(after.ID))))
	}
	rows, err := r.n.Store.Reader().WebhookDelivery.Query().Where(where...).
		Order(ent.Desc(webhookdelivery.FieldCreatedAt, webhookdelivery.FieldID)).Limit(limit + 1).All(scope.With(ctx, scope.Tenant(t.ID)))
	if err != nil {
		return nil, "", fmt.Errorf("list deliveries: %w", err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = paging.SealCursor(r.n.Keyring, listOf(t, f), place{last.CreatedAt.UTC(), last.ID})
	}
	list := make([]Delivery, len(rows))
	for i, row := range rows {
		list[i] = deliveryOf(row)
	}
	return list, next, nil
}

// Delivery reads one, with its attempts. Error: ErrNoDelivery, also for another tenant's.
func (r *Room) Delivery(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (Told, error) {
	row, err := r.n.Store.Reader().WebhookDelivery.Get(scope.With(ctx, scope.Tenant(t.ID)), id)
	if ent.IsNotFound(err) {
		return Told{}, ErrNoDelivery
	}
	if err != nil {
		return Told{}, fmt.Errorf("read delivery %s: %w", id, err)
	}
	told := Told{Delivery: deliveryOf(row), Log: []Attempt{}}
	if len(row.AttemptLog) > 0 {
		if err := json.Unmarshal(row.AttemptLog, &told.Log); err != nil {
			return Told{}, fmt.Errorf("read the attempts of delivery %s: %w", id, err)
		}
	}
	return told, nil
}

// Payload is what a delivery tells, as indented JSON, for operators to look at; empty where it is not kept, or holds what signs somebody in. Error:
// ErrNoDelivery, also for another tenant's.
func (r *Room) Payload(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (string, error) {
	row, err := r.n.Store.Reader().WebhookDelivery.Get(scope.With(ctx, scope.Tenant(t.ID)), id)
	if ent.IsNotFound(err) {
		return "", ErrNoDelivery
	}
	if err != nil {
		return "", fmt.Errorf("read delivery %s: %w", id, err)
	}
	if len(row.Payload) == 0 || row.Event == string(event.EmailSend) {
		return "", nil
	}
	m, err := r.open(t, rawsql.DueDelivery{ID: row.ID, MessageID: row.MessageID, Payload: row.Payload})
	if err != nil {
		return "", fmt.Errorf("open delivery %s: %w", id, err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, m.data, "", "  "); err != nil {
		return "", fmt.Errorf("show delivery %s: %w", id, err)
	}
	return b.String(), nil
}

func deliveryOf(row *ent.WebhookDelivery) Delivery {
	d := Delivery{
		ID: row.ID, MessageID: row.MessageID, Endpoint: row.EndpointID, Event: row.Event, State: row.State, Attempts: row.Attempts,
		LastStatus: row.LastStatus, Replayable: len(row.Payload) > 0, OccurredAt: row.OccurredAt.UTC(), GiveUpAt: row.GiveUpAt.UTC(),
		FinishedAt: utc(row.FinishedAt), CreatedAt: row.CreatedAt.UTC(),
	}
	if row.State == Waiting {
		d.NextAt = utc(&row.AvailableAt)
	}
	return d
}
