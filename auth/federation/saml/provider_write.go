package saml

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// Create adds an identity provider to a tenant. Its metadata is fetched, unless it was given. Errors: tenants.ErrNotFound, ErrDisabled,
// invalid_saml_provider, unusable_metadata, ErrDomainTaken, ErrEntityTaken. Spec: saml §3.
func (r *Room) Create(ctx context.Context, by tenants.Actor, tenantID uuid.UUID, w Wish) (Provider, error) {
	if _, err := r.tenant(ctx, tenantID); err != nil {
		return Provider{}, err
	}
	w = w.normal()
	if err := r.check(w); err != nil {
		return Provider{}, err
	}
	found, err := r.obtain(ctx, w)
	if err != nil {
		return Provider{}, err
	}
	now := r.now()
	var row *ent.SAMLProvider
	err = r.write(ctx, tenantID, by, tenants.AuditSAMLCreated, func(ctx context.Context, tx *store.Tx) (*ent.SAMLProvider, error) {
		if err := taken(ctx, tx, uuid.Nil, w.Domain, found.idp.metadata.EntityID); err != nil {
			return nil, err
		}
		create := tx.SAMLProvider.Create().SetID(uuid.Must(uuid.NewV7())).SetCreatedAt(now).SetUpdatedAt(now)
		fill(create.Mutation(), w, found, now)
		row, err = create.Save(ctx)
		return row, err
	})
	if store.IsUniqueViolation(err) {
		err = ErrDomainTaken.Wrap(err)
	}
	if err != nil {
		return Provider{}, fmt.Errorf("add a SAML provider to tenant %s: %w", tenantID, err)
	}
	return shown(row), nil
}

// Update replaces what an identity provider is, and fetches its metadata anew. Errors: as for Create, ErrNoProvider.
func (r *Room) Update(ctx context.Context, by tenants.Actor, tenantID, id uuid.UUID, w Wish) (Provider, error) {
	if _, err := r.Provider(ctx, tenantID, id); err != nil {
		return Provider{}, err
	}
	w = w.normal()
	if err := r.check(w); err != nil {
		return Provider{}, err
	}
	found, err := r.obtain(ctx, w)
	if err != nil {
		return Provider{}, err
	}
	now := r.now()
	var row *ent.SAMLProvider
	err = r.write(ctx, tenantID, by, tenants.AuditSAMLUpdated, func(ctx context.Context, tx *store.Tx) (*ent.SAMLProvider, error) {
		old, err := store.Lock(tx, tx.SAMLProvider.Query().Where(samlprovider.ID(id))).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, ErrNoProvider
		}
		if err != nil {
			return nil, err
		}
		if err := taken(ctx, tx, id, w.Domain, found.idp.metadata.EntityID); err != nil {
			return nil, err
		}
		if row, err = save(ctx, tx, old, w, found, now); err != nil {
			return nil, err
		}
		return row, nil
	})
	if store.IsUniqueViolation(err) {
		err = ErrDomainTaken.Wrap(err)
	}
	if err != nil {
		return Provider{}, fmt.Errorf("change SAML provider %s: %w", id, err)
	}
	return shown(row), nil
}

// save writes a wish over a provider. Identities go with it to another domain.
func save(ctx context.Context, tx *store.Tx, old *ent.SAMLProvider, w Wish, found obtained, now time.Time) (*ent.SAMLProvider, error) {
	update := tx.SAMLProvider.UpdateOneID(old.ID).SetUpdatedAt(now)
	fill(update.Mutation(), w, found, now)
	row, err := update.Save(ctx)
	if err != nil || old.Domain == w.Domain {
		return row, err
	}
	err = tx.Identity.Update().Where(identity.TenantID(old.TenantID), identity.SamlDomain(old.Domain)).SetSamlDomain(w.Domain).Exec(ctx)
	return row, err
}

// Delete takes a provider away, and all identities that came through its domain. Errors: tenants.ErrNotFound, ErrDisabled, ErrNoProvider.
func (r *Room) Delete(ctx context.Context, by tenants.Actor, tenantID, id uuid.UUID) error {
	if _, err := r.tenant(ctx, tenantID); err != nil {
		return err
	}
	err := r.write(ctx, tenantID, by, tenants.AuditSAMLDeleted, func(ctx context.Context, tx *store.Tx) (*ent.SAMLProvider, error) {
		row, err := store.Lock(tx, tx.SAMLProvider.Query().Where(samlprovider.ID(id))).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, ErrNoProvider
		}
		if err != nil {
			return nil, err
		}
		if _, err := tx.Identity.Delete().Where(identity.TenantID(tenantID), identity.SamlDomain(row.Domain)).Exec(ctx); err != nil {
			return nil, err
		}
		return row, tx.SAMLProvider.DeleteOneID(id).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("delete SAML provider %s: %w", id, err)
	}
	return nil
}

// write changes a tenant's providers, one change after the other, with its record.
func (r *Room) write(
	ctx context.Context, tenantID uuid.UUID, by tenants.Actor, kind auditType, change func(context.Context, *store.Tx) (*ent.SAMLProvider, error),
) error {
	return r.n.Store.Do(ctx, scope.Tenant(tenantID), func(ctx context.Context, tx *store.Tx) error {
		if err := r.n.Registry.Bump(ctx, tx, tenantID); err != nil {
			return err
		}
		row, err := change(ctx, tx)
		if err != nil {
			return err
		}
		return r.n.Outbox.Write(ctx, tx, tenants.Recorded(ctx, tenantID, kind, by, map[string]any{
			"provider": row.ID.String(), "domain": row.Domain, "entity_id": row.EntityID, "enabled": row.Enabled,
		}))
	})
}

// taken reports which of domain and entity id another provider has.
func taken(ctx context.Context, tx *store.Tx, id uuid.UUID, domain, entityID string) error {
	others := tx.SAMLProvider.Query().Where(samlprovider.IDNEQ(id))
	if there, err := others.Clone().Where(samlprovider.Domain(domain)).Exist(ctx); err != nil || there {
		return orTaken(err, ErrDomainTaken)
	}
	if there, err := others.Where(samlprovider.EntityID(entityID)).Exist(ctx); err != nil || there {
		return orTaken(err, ErrEntityTaken)
	}
	return nil
}

func orTaken(err, is error) error {
	if err != nil {
		return err
	}
	return is
}

// obtained is metadata that can be used.
type obtained struct {
	idp *idp
	xml string
}

// obtain fetches the metadata of a wish, or takes what was given, and reads it. Error: unusable_metadata.
func (r *Room) obtain(ctx context.Context, w Wish) (obtained, error) {
	raw := []byte(w.MetadataXML)
	if w.MetadataXML == "" {
		var err error
		if raw, err = r.fetch(ctx, w.MetadataURL); err != nil {
			return obtained{}, err
		}
	}
	return read(raw, w.MetadataCertificate)
}

// read reads metadata that must be signed with a certificate, where there is one. Error: unusable_metadata.
func read(raw []byte, certificate string) (obtained, error) {
	var signedBy *x509.Certificate
	if certificate != "" {
		var err error
		if signedBy, err = parseCertificate(certificate); err != nil {
			return obtained{}, unusable(err)
		}
	}
	i, kept, err := readIDP(raw, signedBy)
	if err != nil {
		return obtained{}, err
	}
	return obtained{i, string(kept)}, nil
}

// fill sets the fields of a row.
func fill(m *ent.SAMLProviderMutation, w Wish, found obtained, now time.Time) {
	m.SetName(w.Name)
	m.SetDomain(w.Domain)
	m.SetEnabled(w.Enabled)
	m.SetSkipEmailVerification(w.SkipEmailVerification)
	m.SetMetadataURL(w.MetadataURL)
	m.SetMetadataCertificate(w.MetadataCertificate)
	m.SetEntityID(found.idp.metadata.EntityID)
	m.SetMetadataXML(found.xml)
	m.SetMetadataFetchedAt(now)
	m.SetRefreshFailures(0)
	m.SetRefreshError("")
	if w.MetadataURL != "" {
		m.SetRefreshAt(nextRefresh(found.idp, now))
	} else {
		m.ClearRefreshAt()
	}
	text, err := json.Marshal(given(w.AttributeMap))
	if err != nil || string(text) == "{}" { // texts can be encoded
		m.ClearAttributeMap()
	} else {
		m.SetAttributeMap(text)
	}
}
