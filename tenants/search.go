package tenants

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/tenant"
)

// search finds tenants by what people know of them, and one more than a page has: by the beginning of the slug, then of the name. Each is a walk
// along an index, so that it takes no longer among a hundred thousand.
func (p *Provisioner) search(ctx context.Context, f Filter) ([]*ent.Tenant, error) {
	if id, err := uuid.Parse(f.Search); err == nil {
		return p.byID(ctx, id, f)
	}
	s := rawsql.TenantSearch{
		Prefix: fold(f.Search), Status: string(f.Status), Without: []string{string(StatusDeleting), string(StatusImporting)}, Origin: string(OriginSystem), Only: f.Only, Limit: f.PerPage + 1,
	}
	if f.Only != nil && len(f.Only) == 0 {
		return nil, nil
	}
	bySlug, raw := true, p.db.Raw()
	if f.After != uuid.Nil {
		after, err := p.place(ctx, f.After)
		if err != nil {
			return nil, err
		}
		bySlug = strings.HasPrefix(after.Slug, s.Prefix)
		s.After = rawsql.TenantPlace{Text: after.NameFolded, ID: after.ID}
		if bySlug {
			s.After.Text = after.Slug
		}
	}
	var ids []uuid.UUID
	if bySlug {
		var err error
		if ids, err = raw.TenantsBySlug(ctx, s); err != nil {
			return nil, err
		}
		s.After, s.Limit = rawsql.TenantPlace{}, s.Limit-len(ids)
	}
	if s.Limit > 0 {
		more, err := raw.TenantsByName(ctx, s)
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	rows, err := p.db.Reader().Tenant.Query().Where(tenant.IDIn(ids...)).All(ctx)
	slices.SortFunc(rows, func(a, b *ent.Tenant) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return rows, err
}

// byID finds the one tenant of an id, where the filter lets it through.
func (p *Provisioner) byID(ctx context.Context, id uuid.UUID, f Filter) ([]*ent.Tenant, error) {
	if f.After != uuid.Nil || f.Only != nil && !slices.Contains(f.Only, id) {
		return nil, nil
	}
	q := p.db.Reader().Tenant.Query().Where(tenant.ID(id), tenant.OriginNEQ(string(OriginSystem)))
	if f.Status == "" {
		q = q.Where(alive)
	} else {
		q = q.Where(tenant.StatusEQ(string(f.Status)))
	}
	return q.All(ctx)
}
