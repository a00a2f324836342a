package saml

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// Revise changes a provider from what it is, metadata that was given by hand included, and obtains its metadata anew; with nothing to change that
// is all it does. Errors: as for Update.
func (r *Room) Revise(ctx context.Context, by tenants.Actor, tenantID, id uuid.UUID, change func(*Wish)) (Provider, error) {
	if _, err := r.tenant(ctx, tenantID); err != nil {
		return Provider{}, err
	}
	row, err := r.n.Store.Reader().SAMLProvider.Query().Where(samlprovider.ID(id)).Only(scope.With(ctx, scope.Tenant(tenantID)))
	if ent.IsNotFound(err) {
		return Provider{}, ErrNoProvider
	}
	if err != nil {
		return Provider{}, fmt.Errorf("read SAML provider %s: %w", id, err)
	}
	w := Wish{
		Name: row.Name, MetadataURL: row.MetadataURL, MetadataCertificate: row.MetadataCertificate, Domain: row.Domain,
		Enabled: row.Enabled, SkipEmailVerification: row.SkipEmailVerification,
	}
	if row.MetadataURL == "" {
		w.MetadataXML = row.MetadataXML
	}
	if len(row.AttributeMap) > 0 {
		if err := json.Unmarshal(row.AttributeMap, &w.AttributeMap); err != nil {
			return Provider{}, fmt.Errorf("read SAML provider %s: %w", id, err)
		}
	}
	change(&w)
	return r.Update(ctx, by, tenantID, id, w)
}

// SetEnabled lets people sign in through a provider, or no longer. It asks the provider nothing, so that one that does not answer can be switched
// off. Errors: tenants.ErrNotFound, ErrDisabled, ErrNoProvider.
func (r *Room) SetEnabled(ctx context.Context, by tenants.Actor, tenantID, id uuid.UUID, enabled bool) error {
	if _, err := r.Provider(ctx, tenantID, id); err != nil {
		return err
	}
	now := r.now()
	err := r.write(ctx, tenantID, by, tenants.AuditSAMLUpdated, func(ctx context.Context, tx *store.Tx) (*ent.SAMLProvider, error) {
		old, err := store.Lock(tx, tx.SAMLProvider.Query().Where(samlprovider.ID(id))).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, ErrNoProvider
		}
		if err != nil {
			return nil, err
		}
		return tx.SAMLProvider.UpdateOneID(old.ID).SetEnabled(enabled).SetUpdatedAt(now).Save(ctx)
	})
	if err != nil {
		return fmt.Errorf("switch SAML provider %s: %w", id, err)
	}
	return nil
}
