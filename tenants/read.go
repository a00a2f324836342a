package tenants

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/tenant"
)

// Get reads a tenant. Error: ErrNotFound.
func (p *Provisioner) Get(ctx context.Context, id uuid.UUID) (*Record, error) {
	row, err := p.get(ctx, tenant.ID(id))
	if err != nil {
		return nil, err
	}
	return p.record(row)
}

// GetBySlug reads the tenant of a slug. Error: ErrNotFound.
func (p *Provisioner) GetBySlug(ctx context.Context, slug string) (*Record, error) {
	row, err := p.get(ctx, tenant.Slug(slug))
	if err != nil {
		return nil, err
	}
	return p.record(row)
}

func (p *Provisioner) get(ctx context.Context, which func(*sql.Selector)) (*ent.Tenant, error) {
	ctx = scope.With(ctx, scope.System("read a tenant"))
	row, err := p.db.Reader().Tenant.Query().Where(which, alive).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read tenant: %w", err)
	}
	return row, nil
}

// alive leaves out tenants that are deleted, and those that have not arrived yet.
func alive(s *sql.Selector) {
	s.Where(sql.NotIn(s.C(tenant.FieldStatus), string(StatusDeleting), string(StatusImporting)))
}

// A Filter chooses tenants to list.
type Filter struct {
	Page    int         // from 1
	PerPage int         // 1 and more
	After   uuid.UUID   // instead of Page: what comes after this tenant
	Slug    string      // only the one with this slug
	Status  Status      // only those with this status; deleted ones are listed only where it is StatusDeleting
	Only    []uuid.UUID // only these; all where nil
	// Search finds tenants whose slug or name begins with it, in any case, or whose id it is. They are not counted, and paged by After alone.
	Search string
	// Uncounted leaves the total out, for who has many.
	Uncounted bool
}

// A Page is a part of a list.
type Page[T any] struct {
	Items []T
	Total int       // of all pages, see paging.Totals; -1 where the page was asked for by After, or searched for
	Next  uuid.UUID // to be given as After; nil where there is no more
}

// List reads a page of tenants: newest first, and those that are searched for in the order of their slugs, then of their names.
func (p *Provisioner) List(ctx context.Context, f Filter) (Page[*Record], error) {
	ctx = scope.With(ctx, scope.System("list tenants"))
	var rows []*ent.Tenant
	var err error
	page := Page[*Record]{Total: -1}
	if f.Search != "" {
		rows, err = p.search(ctx, f)
	} else {
		rows, page.Total, err = p.newest(ctx, f)
	}
	if errors.Is(err, ErrNotFound) {
		return page, err
	}
	if err != nil {
		return page, fmt.Errorf("list tenants: %w", err)
	}
	if len(rows) > f.PerPage {
		rows = slices.Delete(rows, f.PerPage, len(rows))
		page.Next = rows[len(rows)-1].ID
	}
	page.Items = make([]*Record, len(rows))
	for i, row := range rows {
		if page.Items[i], err = p.record(row); err != nil {
			return page, err
		}
	}
	return page, nil
}

// newest reads one tenant more than a page has, so that it shows whether there are more, and how many there are on all pages.
func (p *Provisioner) newest(ctx context.Context, f Filter) ([]*ent.Tenant, int, error) {
	q := p.db.Reader().Tenant.Query().Where(tenant.OriginNEQ(string(OriginSystem)))
	if f.Status != StatusDeleting {
		q = q.Where(alive)
	}
	if f.Only != nil {
		q = q.Where(tenant.IDIn(f.Only...))
	}
	if f.Slug != "" {
		q = q.Where(tenant.Slug(f.Slug))
	}
	if f.Status != "" {
		q = q.Where(tenant.StatusEQ(string(f.Status)))
	}
	total := -1
	if f.After == uuid.Nil && !f.Uncounted {
		var err error
		if total, err = p.total(ctx, f, q); err != nil {
			return nil, 0, err
		}
		q = q.Offset((max(f.Page, 1) - 1) * f.PerPage)
	}
	if f.After != uuid.Nil {
		after, err := p.place(ctx, f.After)
		if err != nil {
			return nil, 0, err
		}
		// The first condition says nothing new, but where the index is entered.
		q = q.Where(tenant.CreatedAtLTE(after.CreatedAt), tenant.Or(tenant.CreatedAtLT(after.CreatedAt), tenant.IDLT(after.ID)))
	}
	rows, err := q.Order(ent.Desc(tenant.FieldCreatedAt, tenant.FieldID)).Limit(f.PerPage + 1).All(ctx)
	return rows, total, err
}

// total counts the tenants of a list; see [paging.Totals].
func (p *Provisioner) total(ctx context.Context, f Filter, q *ent.TenantQuery) (int, error) {
	if f.Only != nil || f.Slug != "" {
		return q.Clone().Count(ctx) // few, and each operator's own
	}
	return p.totals.Of(ctx, string(f.Status), func(ctx context.Context, most int) (int, error) {
		if most == 0 {
			return q.Clone().Count(ctx)
		}
		ids, err := q.Clone().Limit(most).IDs(ctx)
		return len(ids), err
	})
}

// place is the tenant behind which a page begins. Error: ErrNotFound.
func (p *Provisioner) place(ctx context.Context, id uuid.UUID) (*ent.Tenant, error) {
	row, err := p.db.Reader().Tenant.Query().Where(tenant.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	return row, err
}
