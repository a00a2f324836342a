package saml

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// SyncConfigured brings the providers of the configuration of a deployment's only tenant into the database, by their domains. One whose metadata
// cannot be had is logged and passed over, so that it keeps nobody else from signing in. Those that are in the configuration no more stay.
// Spec: saml §3.
func (r *Room) SyncConfigured(ctx context.Context, id uuid.UUID) error {
	t, err := r.n.Registry.ByID(ctx, id)
	if err != nil {
		return fmt.Errorf("bring the SAML providers of the configuration in: %w", err)
	}
	if !t.Config.SAML.Enabled || len(t.Config.SAML.IdentityProviders) == 0 {
		return nil
	}
	if _, err := r.ensure(ctx, t); err != nil {
		return err
	}
	for _, p := range t.Config.SAML.IdentityProviders {
		if err := r.sync(ctx, t, p); err != nil && ctx.Err() == nil {
			r.n.Log.ErrorContext(ctx, "a SAML provider of the configuration cannot be used", "domain", p.Domain, "name", p.Name, "error", err)
		}
	}
	return ctx.Err()
}

func (r *Room) sync(ctx context.Context, t *tenants.Tenant, p config.IdentityProvider) error {
	w := Wish{
		Name: p.Name, MetadataURL: p.MetadataURL, Domain: p.Domain, Enabled: p.Enabled, SkipEmailVerification: p.SkipEmailVerification,
		AttributeMap: p.AttributeMap,
	}.normal()
	if err := r.check(w); err != nil {
		return err
	}
	found, err := r.obtain(ctx, w)
	if err != nil {
		return err
	}
	now := r.now()
	return r.n.Store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		if err := r.n.Registry.Bump(ctx, tx, t.ID); err != nil { // it also has other processes wait
			return err
		}
		old, err := tx.SAMLProvider.Query().Where(samlprovider.Domain(w.Domain)).Only(ctx)
		if ent.IsNotFound(err) {
			create := tx.SAMLProvider.Create().SetID(uuid.Must(uuid.NewV7())).SetCreatedAt(now).SetUpdatedAt(now)
			fill(create.Mutation(), w, found, now)
			return create.Exec(ctx)
		}
		if err != nil {
			return err
		}
		_, err = save(ctx, tx, old, w, found, now)
		return err
	})
}
