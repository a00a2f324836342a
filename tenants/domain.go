package tenants

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/ent/tenantdomain"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// Own is where a tenant's public API is on a domain of its own, without trailing slash.
func (a Addresses) Own(host string) string { return a.scheme + "://" + host + a.port }

// IsHost reports whether a host, in lower case and ASCII, could be a tenant's own domain: Registry.ByHost looks for no others.
func IsHost(host string) bool { return plausibleHost(host) }

// publicURL is where a tenant is said to be: on its primary domain, where it has one that is verified.
func (r *Registry) publicURL(row *ent.Tenant, c config.Config, verified []string) string {
	if host := c.Service.PrimaryDomain; host != "" && slices.Contains(verified, host) {
		return r.o.Addresses.Own(host)
	}
	return r.o.Addresses.Public(row.ID, row.Slug)
}

// KnowHost forgets that a host was nobody's. Call it once a tenant has it; the other replicas do not remember for longer than RegistryOptions.Absent.
func (r *Registry) KnowHost(host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.absent.remove(byHost(host))
}

// PrimaryDomain is the primary domain of a tenant whose row the unit of work has locked; empty where it has none.
func (p *Provisioner) PrimaryDomain(ctx context.Context, tx *store.Tx, id uuid.UUID) (string, error) {
	row, err := tx.Tenant.Query().Where(tenant.ID(id)).Only(ctx)
	if err != nil {
		return "", fmt.Errorf("read tenant %s: %w", id, err)
	}
	c, err := p.registry.shown(row)
	return c.Service.PrimaryDomain, err
}

// primaryVerified makes sure that a primary domain that was changed is one of the tenant's verified domains.
func primaryVerified(ctx context.Context, tx *store.Tx, id uuid.UUID, before, after config.Config) error {
	host := after.Service.PrimaryDomain
	if host == "" || host == before.Service.PrimaryDomain {
		return nil
	}
	has, err := tx.TenantDomain.Query().Where(tenantdomain.TenantID(id), tenantdomain.VerifiedHost(host)).Exist(ctx)
	if err == nil && !has {
		err = unverifiedPrimary()
	}
	return err
}

func unverifiedPrimary() error {
	return invalidConfig(config.Problems{{Path: "service.primary_domain", Reason: "must be a verified domain of this tenant"}})
}
