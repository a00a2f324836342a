package worker

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// An eraseTask makes what is personal in the records about somebody who was deleted unreadable. A killed one is done again, which changes
// nothing that is done.
type eraseTask struct {
	store   *store.Store
	keyring *secret.Keyring
	log     *slog.Logger
}

func (e *eraseTask) run(ctx context.Context, b batch) error {
	for _, it := range b.Items {
		plain, err := outbox.Open(e.keyring, b.Tenant, audit.KindErase, it.ID, it.Payload)
		var payload audit.ErasePayload
		if err == nil {
			err = json.Unmarshal(plain, &payload)
		}
		if err != nil {
			e.log.ErrorContext(ctx, "an order to erase audit records cannot be read and is set aside", "tenant_id", b.Tenant, "intent_id", it.ID, "error", err)
			if err := settle(ctx, e.store, b.Tenant, func(ctx context.Context, tx *store.Tx) error {
				_, failed := tx.Raw.IntentsDead(ctx, time.Now().UTC(), err.Error(), it.ID)
				return failed
			}); err != nil {
				return err
			}
			continue
		}
		n, err := audit.Erase(ctx, e.store, b.Tenant, payload.UserID)
		if err != nil {
			release := func(ctx context.Context, tx *store.Tx) error {
				return tx.Raw.ReleaseIntent(ctx, it.ID, time.Now().UTC().Add(backoff(it.Attempts)), err.Error())
			}
			return errors.Join(err, settle(ctx, e.store, b.Tenant, release))
		}
		e.log.DebugContext(ctx, "audit records erased", "tenant_id", b.Tenant, "records", n)
		if err := settle(ctx, e.store, b.Tenant, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.IntentsDone(ctx, time.Now().UTC(), it.ID)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
