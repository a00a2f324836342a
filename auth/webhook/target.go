package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	entwebhook "github.com/latchkeep/latchkeep/ent/webhook"
	"github.com/latchkeep/latchkeep/tenants"
)

// A target is an endpoint as somebody finds it who wants to deliver to it.
type target struct {
	id       uuid.UUID
	callback string
	row      *ent.WebhookEndpoint // how it does; nil before its first use
	hook     *ent.Webhook         // the webhook that a back end made; nil for one of the configuration
	// off says why nothing is delivered; empty where something is.
	off off
}

// off is why nothing is delivered to an endpoint.
type off string

const (
	offGone     off = "it does not exist any more"
	offDisabled off = "it is disabled"
	offLapsed   off = "it took no event for 30 days"
)

// target looks an endpoint up. One that there is not is gone.
func (r *Room) target(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (target, error) {
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	found := target{id: id}
	var err error
	found.row, err = r.n.Store.Reader().WebhookEndpoint.Get(ctx, id)
	if err != nil && !ent.IsNotFound(err) {
		return target{}, fmt.Errorf("read endpoint %s: %w", id, err)
	}
	if c, ok := configuredBy(t, id); ok {
		found.callback = c.Callback
		switch {
		case !t.Config.Webhooks.Enabled, found.row != nil && found.row.DisabledAt != nil:
			found.off = offDisabled
		}
		return found, nil
	}
	found.hook, err = r.n.Store.Reader().Webhook.Query().Where(entwebhook.ID(id)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		found.hook, found.off = nil, offGone
		return found, nil
	case err != nil:
		return target{}, fmt.Errorf("read webhook %s: %w", id, err)
	}
	found.callback = found.hook.Callback
	switch {
	case !found.hook.Enabled:
		found.off = offDisabled
	case t.Config.Webhooks.AllowTimeExpiration && found.hook.ExpiresAt.Before(r.now()):
		found.off = offLapsed
	}
	return found, nil
}

// secrets are those that sign for a target at a time. One that has none yet, of an earlier version perhaps, gets one.
func (r *Room) secrets(ctx context.Context, t *tenants.Tenant, at target, now time.Time) (secrets, error) {
	if at.row != nil {
		all, err := r.unseal(t.ID, at.id, at.row.Secrets)
		if err != nil {
			return nil, err
		}
		if good := all.at(now); len(good) > 0 {
			return good, nil
		}
	}
	fresh := secrets{newSecret()}
	sealed, err := r.seal(t.ID, at.id, fresh)
	if err != nil {
		return nil, err
	}
	err = r.insertAgain(ctx, t.ID, func(ctx context.Context, tx *store.Tx) error { return keepSecrets(ctx, tx, at.id, sealed) })
	if err != nil {
		return nil, fmt.Errorf("keep a secret of endpoint %s: %w", at.id, err)
	}
	return fresh, nil
}

// keepSecrets writes the secrets of an endpoint, which is made where it is used for the first time.
func keepSecrets(ctx context.Context, tx *store.Tx, id uuid.UUID, sealed []byte) error {
	n, err := tx.WebhookEndpoint.Update().Where(endpointID(id)).SetSecrets(sealed).Save(ctx)
	if err != nil || n > 0 {
		return err
	}
	return tx.WebhookEndpoint.Create().SetID(id).SetSecrets(sealed).Exec(ctx)
}
