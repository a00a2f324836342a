package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/signingkey"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/ent/tenantdomain"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// lookup is one way to ask for a tenant: exactly one of id, slug and host is set.
type lookup struct {
	name string // unique over all ways
	id   uuid.UUID
	slug string
	host string
}

// call is a load that others may wait for.
type call struct {
	done   chan struct{}
	tenant *Tenant
	err    error
	stale  map[uuid.UUID]bool // tenants that changed while it ran: its result is true for those who asked before, but not kept
}

const loadTimeout = 10 * time.Second

// find gives the snapshot that is kept, or loads it, once for all who ask at the same time.
func (r *Registry) find(ctx context.Context, l lookup) (*Tenant, error) {
	r.mu.Lock()
	if t := r.cached(l); t != nil {
		r.mu.Unlock()
		return t, nil
	}
	if until, ok := r.absent.get(l.name); ok {
		if r.o.Now().Before(until) {
			r.mu.Unlock()
			return nil, ErrNotFound
		}
		r.absent.remove(l.name)
	}
	c, ok := r.loading[l.name]
	if !ok {
		c = &call{done: make(chan struct{})}
		r.loading[l.name] = c
		go r.run(context.WithoutCancel(ctx), l, c) // one caller going away must not fail the others
	}
	r.mu.Unlock()
	select {
	case <-c.done:
		return c.tenant, c.err
	case <-ctx.Done():
		return nil, fmt.Errorf("load tenant %s: %w", l.name, ctx.Err())
	}
}

func (r *Registry) run(ctx context.Context, l lookup, c *call) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	var names []string
	select {
	case r.slots <- struct{}{}:
		r.loaded.Add(1)
		func() {
			defer func() {
				<-r.slots
				if p := recover(); p != nil {
					c.err = fmt.Errorf("load tenant %s: panic: %v", l.name, p)
				}
			}()
			c.tenant, names, c.err = r.read(ctx, l)
		}()
	case <-ctx.Done():
		c.err = fmt.Errorf("load tenant %s: %w", l.name, ctx.Err())
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	if r.loading[l.name] == c {
		delete(r.loading, l.name)
	}
	switch {
	case errors.Is(c.err, ErrNotFound) && len(c.stale) == 0:
		r.absent.put(l.name, r.o.Now().Add(r.o.Absent))
	case c.err == nil && !c.stale[c.tenant.ID]:
		c.tenant = r.keep(c.tenant, names)
	}
	close(c.done)
}

// keep caches a snapshot, unless a newer one is there already. The caller holds the lock.
func (r *Registry) keep(t *Tenant, names []string) *Tenant {
	if e, ok := r.tenants.peek(t.ID); ok {
		if e.tenant.Version >= t.Version {
			return e.tenant // one snapshot per version, so that what is compiled for it is compiled once
		}
		r.tenants.remove(t.ID)
	}
	r.tenants.put(t.ID, &entry{t, names})
	for _, name := range names {
		r.names[name] = t.ID
		r.absent.remove(name)
	}
	return t
}

// read gets a tenant from the database and compiles it, with all the names it is found by.
func (r *Registry) read(ctx context.Context, l lookup) (*Tenant, []string, error) {
	ctx = scope.With(ctx, scope.System("find the tenant of a request"))
	db := r.o.Store.Reader()
	id := l.id
	if l.host != "" {
		d, err := db.TenantDomain.Query().Where(tenantdomain.VerifiedHost(l.host)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, nil, ErrNotFound
		}
		if err != nil {
			return nil, nil, fmt.Errorf("find the tenant of host %q: %w", l.host, err)
		}
		id = d.TenantID
	}
	q := db.Tenant.Query().Where(alive)
	if l.slug != "" {
		q = q.Where(tenant.Slug(l.slug))
	} else {
		q = q.Where(tenant.ID(id))
	}
	row, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil, ErrNotFound
	}
	if err != nil {
		return nil, nil, fmt.Errorf("load tenant %s: %w", l.name, err)
	}
	ctx = scope.With(ctx, scope.Tenant(row.ID))
	keys, err := db.SigningKey.Query().Where(signingkey.StateNEQ(string(KeyGone))).
		Order(ent.Asc(signingkey.FieldCreatedAt, signingkey.FieldID)).All(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("load the keys of tenant %s: %w", row.ID, err)
	}
	hosts, err := db.TenantDomain.Query().Where(tenantdomain.VerifiedAtNotNil()).Select(tenantdomain.FieldHost).Strings(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("load the domains of tenant %s: %w", row.ID, err)
	}
	hooks, err := readHooks(ctx, db)
	if err != nil {
		return nil, nil, fmt.Errorf("load the webhooks of tenant %s: %w", row.ID, err)
	}
	t, err := r.compile(row, keys, hosts)
	if err != nil {
		return nil, nil, err
	}
	t.Hooks = hooks
	if t.Config.SAML.Enabled {
		if t.SAML, err = readSAML(ctx, db); err != nil {
			return nil, nil, fmt.Errorf("load the SAML providers of tenant %s: %w", row.ID, err)
		}
	}
	names := []string{byID(t.ID), bySlug(t.Slug)}
	for _, host := range hosts {
		names = append(names, "h/"+host)
	}
	return t, names, nil
}

// compile makes the snapshot of a row, whose verified domains are hosts.
func (r *Registry) compile(row *ent.Tenant, keys []*ent.SigningKey, hosts []string) (*Tenant, error) {
	t := &Tenant{
		ID: row.ID, Slug: row.Slug, Name: row.Name,
		Status: Status(row.Status), StatusReason: row.StatusReason, Origin: Origin(row.Origin),
		Version: row.Version, ConfigVersion: row.ConfigVersion,
		AdminURL:  r.o.Addresses.Admin(row.ID),
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	var err error
	if t.Keys, err = compileKeys(r.o.Keyring, row.ID, keys); err != nil {
		return nil, err
	}
	c, err := r.configOf(row)
	if err != nil {
		return nil, problem.Internal("tenant_unreadable", err)
	}
	t.Config, t.PublicURL = &c, r.publicURL(row, c, hosts)
	quotas, err := r.quotasOf(row)
	if err != nil {
		return nil, problem.Internal("tenant_unreadable", err)
	}
	t.Quotas = quotas.State
	return t, nil
}
