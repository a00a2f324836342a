package domains

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/ent/tenantdomain"
	"github.com/latchkeep/latchkeep/tenants"
)

// Add claims a host for a tenant. It is served there once the record of the answer is in the DNS and was seen: see Check. Errors: tenants.ErrNotFound,
// ErrNone, invalid_domain, ErrExists, ErrTooMany.
func (r *Room) Add(ctx context.Context, by tenants.Actor, tenantID uuid.UUID, host string) (Domain, error) {
	if err := r.mayHave(ctx, tenantID); err != nil {
		return Domain{}, err
	}
	host, err := r.normal(host)
	if err != nil {
		return Domain{}, err
	}
	challenge, now := strings.ToLower(rand.Text()), r.now() // 130 bits
	var row *ent.TenantDomain
	err = r.n.Store.Do(ctx, scope.Tenant(tenantID), func(ctx context.Context, tx *store.Tx) error {
		if err := lockTenant(ctx, tx, tenantID); err != nil { // so that two at a time are not one too many
			return err
		}
		hosts, err := tx.TenantDomain.Query().Select(tenantdomain.FieldHost).Strings(ctx)
		switch {
		case err != nil:
			return err
		case slices.Contains(hosts, host):
			return ErrExists
		case len(hosts) >= MaxPerTenant:
			return ErrTooMany
		}
		row, err = tx.TenantDomain.Create().SetID(uuid.Must(uuid.NewV7())).SetHost(host).SetChallenge(challenge).SetCreatedBy(string(by)).
			SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return err
		}
		return r.n.Outbox.Write(ctx, tx, record(ctx, tenants.AuditDomainAdded, by, row))
	})
	if err != nil {
		return Domain{}, fmt.Errorf("add a domain to tenant %s: %w", tenantID, err)
	}
	return r.show(row, ""), nil
}

// List gives a tenant's domains, oldest first. Error: tenants.ErrNotFound.
func (r *Room) List(ctx context.Context, tenantID uuid.UUID) ([]Domain, error) {
	t, err := r.n.Registry.ByID(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	rows, err := r.n.Store.Reader().TenantDomain.Query().Order(ent.Asc(tenantdomain.FieldCreatedAt, tenantdomain.FieldID)).
		All(scope.With(ctx, scope.Tenant(tenantID)))
	if err != nil {
		return nil, fmt.Errorf("list the domains of tenant %s: %w", tenantID, err)
	}
	all := make([]Domain, len(rows))
	for i, row := range rows {
		all[i] = r.show(row, t.Config.Service.PrimaryDomain)
	}
	return all, nil
}

// Find gives the domain with a host, in whatever form it is written. Errors: tenants.ErrNotFound, ErrNotFound.
func (r *Room) Find(ctx context.Context, tenantID uuid.UUID, host string) (Domain, error) {
	all, err := r.List(ctx, tenantID)
	if err != nil {
		return Domain{}, err
	}
	ascii, _ := normalise(host)
	for _, d := range all {
		if d.Host == ascii {
			return d, nil
		}
	}
	return Domain{}, ErrNotFound
}

// Remove gives a domain up: the tenant is no longer served there. Errors: tenants.ErrNotFound, ErrNotFound, ErrPrimary.
func (r *Room) Remove(ctx context.Context, by tenants.Actor, tenantID, id uuid.UUID) error {
	err := r.n.Store.Do(ctx, scope.Tenant(tenantID), func(ctx context.Context, tx *store.Tx) error {
		if err := r.n.Registry.Bump(ctx, tx, tenantID); err != nil {
			return err
		}
		row, err := lockDomain(ctx, tx, id)
		if err != nil {
			return err
		}
		if primary, err := r.n.Tenants.PrimaryDomain(ctx, tx, tenantID); err != nil || primary == row.Host && row.VerifiedAt != nil {
			return firstOf(err, ErrPrimary)
		}
		if err := tx.TenantDomain.DeleteOneID(id).Exec(ctx); err != nil {
			return err
		}
		return r.n.Outbox.Write(ctx, tx, record(ctx, tenants.AuditDomainRemoved, by, row))
	})
	if err != nil {
		return fmt.Errorf("remove domain %s of tenant %s: %w", id, tenantID, err)
	}
	return nil
}

// MakePrimary makes a verified domain the one that the tenant's public URL begins with. What derives from the URL of its slug stays as it is: see
// Plan. Errors: tenants.ErrNotFound, ErrNotFound, ErrUnproven, and those of tenants.Provisioner.PatchConfig.
func (r *Room) MakePrimary(ctx context.Context, by tenants.Actor, tenantID, id uuid.UUID) (Domain, error) {
	row, err := r.read(ctx, tenantID, id)
	switch {
	case err != nil:
		return Domain{}, err
	case row.VerifiedAt == nil:
		return Domain{}, ErrUnproven
	}
	if err := r.setPrimary(ctx, by, tenantID, row.Host); err != nil {
		return Domain{}, err
	}
	return r.show(row, row.Host), nil
}

// NoPrimary has the tenant's public URL begin with its slug again. Errors as of tenants.Provisioner.PatchConfig.
func (r *Room) NoPrimary(ctx context.Context, by tenants.Actor, tenantID uuid.UUID) error {
	return r.setPrimary(ctx, by, tenantID, "")
}

func (r *Room) setPrimary(ctx context.Context, by tenants.Actor, tenantID uuid.UUID, host string) error {
	patch := fmt.Appendf(nil, `{"service":{"primary_domain":%q}}`, host) // a host has nothing that JSON would have otherwise
	_, err := r.n.Tenants.PatchConfig(ctx, tenantID, patch, tenants.How{By: by, Strict: true})
	return err
}

// mayHave tells whether a tenant can have domains: operators' own is served by the console, and an only tenant at every host.
func (r *Room) mayHave(ctx context.Context, tenantID uuid.UUID) error {
	t, err := r.n.Registry.ByID(ctx, tenantID)
	if err == nil && (t.System() || t.Origin == tenants.OriginSingle) {
		return ErrNone
	}
	return err
}

func (r *Room) read(ctx context.Context, tenantID, id uuid.UUID) (*ent.TenantDomain, error) {
	if _, err := r.n.Registry.ByID(ctx, tenantID); err != nil {
		return nil, err
	}
	row, err := r.n.Store.Reader().TenantDomain.Query().Where(tenantdomain.ID(id)).Only(scope.With(ctx, scope.Tenant(tenantID)))
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read domain %s of tenant %s: %w", id, tenantID, err)
	}
	return row, nil
}

func lockTenant(ctx context.Context, tx *store.Tx, id uuid.UUID) error {
	_, err := store.Lock(tx, tx.Tenant.Query().Where(tenant.ID(id), tenant.StatusNotIn(string(tenants.StatusDeleting), string(tenants.StatusImporting)))).Only(ctx)
	if ent.IsNotFound(err) {
		return tenants.ErrNotFound
	}
	return err
}

func lockDomain(ctx context.Context, tx *store.Tx, id uuid.UUID) (*ent.TenantDomain, error) {
	row, err := store.Lock(tx, tx.TenantDomain.Query().Where(tenantdomain.ID(id))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	return row, err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
