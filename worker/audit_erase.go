package worker

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// An eraseTask makes what is personal in the records about somebody who was deleted unreadable. A killed one is done again, which changes
// nothing that is done.
type eraseTask struct {
	leases  *leases
	store   *store.Store
	keyring *secret.Keyring
	log     *slog.Logger
}

func (e *eraseTask) run(ctx context.Context, tenant uuid.UUID) error {
	return e.leases.each(ctx, tenant, e.one)
}

func (e *eraseTask) one(ctx context.Context, tenant uuid.UUID, it item) error {
	plain, err := outbox.Open(e.keyring, tenant, audit.KindErase, it.ID, it.Payload)
	var payload audit.ErasePayload
	if err == nil {
		err = json.Unmarshal(plain, &payload)
	}
	if err != nil {
		e.log.ErrorContext(ctx, "an order to erase audit records cannot be read and is set aside", "tenant_id", tenant, "intent_id", it.ID, "error", err)
		return settle(ctx, e.store, tenant, func(ctx context.Context, tx *store.Tx) error {
			_, failed := tx.Raw.IntentsDead(ctx, time.Now().UTC(), err.Error(), it.ID)
			return failed
		})
	}
	n, err := audit.Erase(ctx, e.store, tenant, payload.UserID)
	if err != nil {
		release := func(ctx context.Context, tx *store.Tx) error {
			return tx.Raw.ReleaseIntent(ctx, it.ID, time.Now().UTC().Add(backoff(it.Attempts)), err.Error())
		}
		return errors.Join(err, settle(ctx, e.store, tenant, release))
	}
	e.log.DebugContext(ctx, "audit records erased", "tenant_id", tenant, "records", n)
	return settle(ctx, e.store, tenant, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Raw.IntentsDone(ctx, time.Now().UTC(), it.ID)
		return err
	})
}
