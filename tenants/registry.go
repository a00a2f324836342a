package tenants

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// ErrNotFound is returned for a tenant that does not exist or is being deleted.
var ErrNotFound = problem.NotFound("tenant_not_found", "there is no such tenant")

// RegistryOptions are what a Registry needs. Store, Keyring and Addresses are required.
type RegistryOptions struct {
	Store     *store.Store
	Keyring   *secret.Keyring
	Addresses Addresses
	Single    *config.Config // the configuration of the only tenant, in single-tenant mode
	Bell      Bell           // wakes the other replicas' registries; none: they notice by polling
	Log       *slog.Logger
	Size      int           // snapshots kept; default 10000
	Poll      time.Duration // how often changes made by other replicas are looked for; default 3 s
	Absent    time.Duration // how long an unknown name is remembered as unknown; default 2 s
	Loads     int           // snapshots loaded at the same time; default 4, so that unknown names cannot use up the connection pool
	Now       func() time.Time
}

// A Bell wakes whoever listens to a name, in this process and in others, without saying more and perhaps not at all: see pkg/bell.
type Bell interface {
	Ring(name string)
	Listen(name string) <-chan struct{}
}

// bellName is what is rung when a tenant changed.
const bellName = "tenants"

// A Registry finds the snapshot of a tenant by id, slug or host. It keeps a bounded number of them, loads each once however many ask, and
// drops one as soon as it hears of a change: at once of its own process's, after a ring of the bell or by a poll of others'. A warm lookup asks nobody.
type Registry struct {
	o RegistryOptions

	mu      sync.Mutex
	tenants *lru[uuid.UUID, *entry]
	names   map[string]uuid.UUID    // "s/slug" and "h/host" of the cached tenants only
	absent  *lru[string, time.Time] // names not found, until when
	loading map[string]*call        // by name
	slots   chan struct{}           // Loads at most
	rung    <-chan struct{}         // nil without a bell
	loaded  atomic.Int64
}

// Cached says how many snapshots are kept, and how many were loaded since the start.
func (r *Registry) Cached() (kept int, loaded int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.tenants.items), r.loaded.Load()
}

// entry is a cached snapshot and the names that lead to it.
type entry struct {
	tenant *Tenant
	names  []string
}

// NewRegistry makes a Registry. Call Run beside it, or changes by other processes go unnoticed.
func NewRegistry(o RegistryOptions) *Registry {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Size <= 0 {
		o.Size = 10_000
	}
	if o.Poll <= 0 {
		o.Poll = 3 * time.Second
	}
	if o.Absent <= 0 {
		o.Absent = 2 * time.Second
	}
	if o.Loads <= 0 {
		o.Loads = 4
	}
	r := &Registry{
		o:       o,
		names:   map[string]uuid.UUID{},
		absent:  newLRU[string, time.Time](4096, nil),
		loading: map[string]*call{},
		slots:   make(chan struct{}, o.Loads),
	}
	if o.Bell != nil {
		r.rung = o.Bell.Listen(bellName)
	}
	r.tenants = newLRU(o.Size, func(_ uuid.UUID, e *entry) {
		for _, name := range e.names {
			if r.names[name] == e.tenant.ID {
				delete(r.names, name)
			}
		}
	})
	return r
}

// ByID finds a tenant by its id. Error: ErrNotFound.
func (r *Registry) ByID(ctx context.Context, id uuid.UUID) (*Tenant, error) {
	if id == uuid.Nil {
		return nil, ErrNotFound
	}
	return r.find(ctx, lookup{name: byID(id), id: id})
}

// AtLeast is ByID for who knows that the tenant has come to a version: an older snapshot is not good enough.
func (r *Registry) AtLeast(ctx context.Context, id uuid.UUID, version int64) (*Tenant, error) {
	t, err := r.ByID(ctx, id)
	if err != nil || t.Version >= version {
		return t, err
	}
	r.drop(Changed{ID: id, Version: version})
	return r.ByID(ctx, id)
}

// BySlug finds a tenant by its slug. Error: ErrNotFound.
func (r *Registry) BySlug(ctx context.Context, slug string) (*Tenant, error) {
	if !plausibleSlug(slug) {
		return nil, ErrNotFound
	}
	return r.find(ctx, lookup{name: bySlug(slug), slug: slug})
}

// ByHost finds a tenant by the host of a request, with or without port: slug.base-domain, or a verified domain of its own. Error: ErrNotFound,
// without a look at the database where the host can be no tenant's.
func (r *Registry) ByHost(ctx context.Context, host string) (*Tenant, error) {
	slug, custom := r.o.Addresses.split(host)
	switch {
	case slug != "":
		return r.find(ctx, lookup{name: bySlug(slug), slug: slug})
	case custom != "":
		return r.find(ctx, lookup{name: byHost(custom), host: custom})
	}
	return nil, ErrNotFound
}

// cached is the snapshot kept for a lookup, or nil. The caller holds the lock.
func (r *Registry) cached(l lookup) *Tenant {
	id := l.id
	if id == uuid.Nil {
		id = r.names[l.name]
	}
	if e, ok := r.tenants.get(id); ok {
		return e.tenant
	}
	return nil
}

// Addresses says under which URLs tenants are reached.
func (r *Registry) Addresses() Addresses { return r.o.Addresses }

// Len is the number of snapshots kept now.
func (r *Registry) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tenants.len()
}
