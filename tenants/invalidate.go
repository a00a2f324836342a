package tenants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/bell"
)

// How far back the registry looks again: at each poll, for transactions that took long and clocks that differ; after a ring, for what was committed
// just now. Every creation of a tenant rings.
const (
	pollOverlap = time.Minute
	ringOverlap = 2 * time.Second
	ringPause   = 50 * time.Millisecond
)

// pollPage is how many changed tenants are read at a time.
const pollPage = 1000

// Changed says that a tenant is now at a version.
type Changed struct {
	ID      uuid.UUID
	Version int64
	Slugs   []string // that it has or had: may be remembered as unknown
}

// Invalidate drops what is cached of a tenant, also that it was unknown, and rings for the other replicas. Call it once the change is committed.
func (r *Registry) Invalidate(c Changed) {
	r.drop(c)
	if r.o.Bell != nil {
		r.o.Bell.Ring(bellName)
	}
}

// drop forgets a tenant's snapshot unless it is as new as the change.
func (r *Registry) drop(c Changed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.tenants.peek(c.ID); ok && e.tenant.Version < c.Version {
		r.tenants.remove(c.ID)
	}
	r.absent.remove(byID(c.ID))
	for _, slug := range c.Slugs {
		r.absent.remove(bySlug(slug))
	}
	// Loads under way may have read the state before the change: who asks from now on must not join them.
	for name, running := range r.loading {
		if running.stale == nil {
			running.stale = map[uuid.UUID]bool{}
		}
		running.stale[c.ID] = true
		delete(r.loading, name)
	}
}

// Run looks for changes made by other processes until the context ends: whenever the bell rings, and in any case from time to time.
func (r *Registry) Run(ctx context.Context) {
	bell.Feed{
		Every: r.o.Poll, Overlap: pollOverlap, RingPause: ringPause, RingOverlap: ringOverlap, Now: r.o.Now,
		Read: func(ctx context.Context, since time.Time) error {
			err := r.Refresh(ctx, since)
			if err != nil && ctx.Err() == nil {
				r.o.Log.WarnContext(ctx, "cannot look for changed tenants", "error", err)
			}
			return err
		},
	}.Follow(ctx, r.rung)
}

// Refresh drops the snapshots of the tenants changed since a time. It is one query, answered from an index, whatever the number of tenants.
func (r *Registry) Refresh(ctx context.Context, since time.Time) error {
	ctx = scope.With(ctx, scope.System("notice changes of tenants"))
	for {
		rows, err := r.o.Store.Raw().TenantsChangedSince(ctx, since, pollPage)
		if err != nil {
			return fmt.Errorf("refresh tenants: %w", err)
		}
		for _, row := range rows {
			if r.outdated(row) {
				r.drop(Changed{row.ID, row.Version, []string{row.Slug}})
			}
		}
		if len(rows) < pollPage || !rows[len(rows)-1].UpdatedAt.After(since) {
			return nil
		}
		since = rows[len(rows)-1].UpdatedAt
	}
}

// outdated reports whether what is cached contradicts the row.
func (r *Registry) outdated(row rawsql.ChangedTenant) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.tenants.peek(row.ID); ok {
		return e.tenant.Version < row.Version
	}
	_, unknownID := r.absent.peek(byID(row.ID))
	_, unknownSlug := r.absent.peek(bySlug(row.Slug))
	return unknownID || unknownSlug || len(r.loading) > 0
}

// The names under which tenants are looked up.
func byID(id uuid.UUID) string  { return "i/" + id.String() }
func bySlug(slug string) string { return "s/" + slug }
func byHost(host string) string { return "h/" + host }
