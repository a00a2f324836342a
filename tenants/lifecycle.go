package tenants

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// An Edit changes what is not configuration; nil keeps.
type Edit struct {
	Slug         *string
	Name         *string
	Status       *Status // not StatusDeleting: see Delete
	StatusReason *string
}

// Edit renames a tenant, moves it to another slug, suspends it or lets it work again. A new slug is a new public URL: passkeys made under the
// old one no longer work unless the configuration names their relying party. Errors: ErrNotFound, invalid_tenant, slug_taken.
func (p *Provisioner) Edit(ctx context.Context, by Actor, id uuid.UUID, e Edit) (*Record, error) {
	if e.Name != nil {
		name := strings.TrimSpace(*e.Name)
		e.Name = &name
	}
	if err := e.Check(); err != nil {
		return nil, err
	}
	if id == SystemID && e.Status != nil {
		return nil, errSystem("has no other status: they could not sign in to take that back")
	}
	var row *ent.Tenant
	slugs := []string{}
	err := p.db.Do(ctx, scope.System("edit tenant"), func(ctx context.Context, tx *store.Tx) error {
		old, err := p.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if e.Slug != nil && Origin(old.Origin) != OriginV1 && *e.Slug != old.Slug {
			return problem.Conflict("slug_fixed", "the slug of this tenant cannot be changed")
		}
		row, slugs = old, []string{old.Slug}
		if !e.changes(old) {
			return nil
		}
		records := e.editRecords(ctx, old, by)
		update := old.Update().SetNillableSlug(e.Slug).SetNillableName(e.Name).AddVersion(1).SetUpdatedAt(p.now())
		if e.Status != nil {
			update = update.SetStatus(string(*e.Status)).SetStatusReason("")
		}
		if e.Name != nil {
			update = update.SetNameFolded(fold(*e.Name))
		}
		if row, err = update.SetNillableStatusReason(e.StatusReason).Save(ctx); err != nil || p.o.Outbox == nil {
			return err
		}
		return p.o.Outbox.Write(ctx, tx, records...)
	})
	if store.IsUniqueViolation(err) {
		return nil, problem.Conflict("slug_taken", "a tenant with this slug exists").Wrap(err)
	}
	if err != nil {
		return nil, fmt.Errorf("edit tenant %s: %w", id, err)
	}
	p.registry.Invalidate(Changed{row.ID, row.Version, append(slugs, row.Slug)})
	return p.record(row)
}

// Check finds all that is wrong with an edit, whatever tenant it is for. Error: invalid_tenant.
func (e Edit) Check() error {
	var fields []problem.Field
	add := func(path, why string) {
		if why != "" {
			fields = append(fields, problem.Field{Path: path, Reason: why})
		}
	}
	if e.Slug != nil {
		add("slug", SlugProblem(*e.Slug))
	}
	if e.Name != nil {
		add("name", nameProblem(*e.Name))
	}
	if e.StatusReason != nil {
		add("status_reason", nameProblem(*e.StatusReason))
	}
	if e.Status != nil && *e.Status != StatusActive && *e.Status != StatusReadOnly && *e.Status != StatusSuspended {
		add("status", "must be active, read_only or suspended")
	}
	if len(fields) > 0 {
		return problem.Invalid("invalid_tenant", "the tenant is not valid", fields...)
	}
	return nil
}

// changes reports whether the edit would change anything.
func (e Edit) changes(row *ent.Tenant) bool {
	return e.Slug != nil && *e.Slug != row.Slug || e.Name != nil && *e.Name != row.Name ||
		e.Status != nil && string(*e.Status) != row.Status || e.StatusReason != nil && *e.StatusReason != row.StatusReason
}

// SetStatus suspends a tenant or lets it work again. A tenant in that status already stays as it is. Errors: ErrNotFound, invalid_tenant.
func (p *Provisioner) SetStatus(ctx context.Context, by Actor, id uuid.UUID, status Status, reason string) (*Record, error) {
	return p.Edit(ctx, by, id, Edit{Status: &status, StatusReason: &reason})
}

// lock reads a tenant's row and keeps others from changing it until the unit of work ends. Error: ErrNotFound.
func (p *Provisioner) lock(ctx context.Context, tx *store.Tx, id uuid.UUID) (*ent.Tenant, error) {
	row, err := store.Lock(tx, tx.Tenant.Query().Where(tenant.ID(id), alive)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	return row, err
}

// fold is a name as it is searched.
func fold(name string) string {
	folded := []rune(strings.ToLower(name))
	return string(folded[:min(len(folded), 255)])
}
