package tenants

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/ent/webhook"
)

// A Hook is a webhook that a back end made, as far as a snapshot has to know it: whether anybody listens is asked at every event.
type Hook struct {
	ID     uuid.UUID
	Events []string
}

// Hears reports whether one of the names that were subscribed to begins an event's name. Spec: webhooks §2.
func (h Hook) Hears(event string) bool { return Hears(h.Events, event) }

// Hears reports whether one of the names that were subscribed to begins an event's name.
func Hears(subscribed []string, event string) bool {
	for _, name := range subscribed {
		if strings.HasPrefix(event, name) {
			return true
		}
	}
	return false
}

// A HookEvent is a subscription of a webhook that a back end made: the elements of the column events.
type HookEvent struct {
	ID    uuid.UUID `json:"id" format:"uuid" doc:"The subscription's id; it changes when the webhook is replaced." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
	Event string    `json:"event" doc:"Events whose names begin so are sent." example:"user.update.email"`
}

// DecodeHookEvents reads the column events of a webhook.
func DecodeHookEvents(stored json.RawMessage) ([]HookEvent, error) {
	events := []HookEvent{}
	if err := json.Unmarshal(stored, &events); err != nil {
		return nil, fmt.Errorf("read the events of a webhook: %w", err)
	}
	return events, nil
}

// readHooks reads the enabled webhooks of the tenant in the context, oldest first.
func readHooks(ctx context.Context, db *ent.Client) ([]Hook, error) {
	rows, err := db.Webhook.Query().Where(webhook.Enabled(true)).
		Order(ent.Asc(webhook.FieldCreatedAt, webhook.FieldID)).
		Select(webhook.FieldID, webhook.FieldEvents).All(ctx)
	if err != nil {
		return nil, err
	}
	hooks := make([]Hook, len(rows))
	for i, row := range rows {
		events, err := DecodeHookEvents(row.Events)
		if err != nil {
			return nil, fmt.Errorf("webhook %s: %w", row.ID, err)
		}
		hooks[i].ID = row.ID
		for _, e := range events {
			hooks[i].Events = append(hooks[i].Events, e.Event)
		}
	}
	return hooks, nil
}

// Bump has every replica load a tenant anew once the unit of work is committed, because something was changed that its snapshot holds beside
// the configuration. It locks the tenant's row: call it before other rows are locked. Error: ErrNotFound.
func (r *Registry) Bump(ctx context.Context, tx *store.Tx, id uuid.UUID) error {
	row, err := store.Lock(tx, tx.Tenant.Query().Where(tenant.ID(id), alive)).Only(ctx)
	if ent.IsNotFound(err) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("lock tenant %s: %w", id, err)
	}
	version := row.Version + 1
	if err := tx.Tenant.Update().Where(tenant.ID(id)).SetVersion(version).Exec(ctx); err != nil { // updated_at moves on by itself
		return fmt.Errorf("note a change of tenant %s: %w", id, err)
	}
	tx.OnCommit(func() { r.Invalidate(Changed{ID: id, Version: version}) })
	return nil
}
