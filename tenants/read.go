package tenants

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/predicate"
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
	// Search finds tenants whose slug or name begins with it, in any case, or whose id it is.
	Search string
	// Uncounted leaves the total out, for who has many.
	Uncounted bool
}

// A Page is a part of a list.
type Page[T any] struct {
	Items []T
	Total int       // of all pages; -1 where the page was asked for by After
	Next  uuid.UUID // to be given as After; nil where there is no more
}

// List reads a page of tenants, newest first.
func (p *Provisioner) List(ctx context.Context, f Filter) (Page[*Record], error) {
	ctx = scope.With(ctx, scope.System("list tenants"))
	q := p.db.Reader().Tenant.Query()
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
	if f.Search != "" {
		q = q.Where(search(f.Search))
	}
	q = q.Where(tenant.OriginNEQ(string(OriginSystem)))
	page := Page[*Record]{Total: -1}
	var err error
	if f.After == uuid.Nil && !f.Uncounted {
		if page.Total, err = q.Clone().Count(ctx); err != nil {
			return page, fmt.Errorf("count tenants: %w", err)
		}
		q = q.Offset((max(f.Page, 1) - 1) * f.PerPage)
	}
	if f.After != uuid.Nil {
		after, err := p.db.Reader().Tenant.Query().Where(tenant.ID(f.After)).Only(ctx)
		if ent.IsNotFound(err) {
			return page, ErrNotFound
		}
		if err != nil {
			return page, fmt.Errorf("list tenants: %w", err)
		}
		q = q.Where(tenant.Or(tenant.CreatedAtLT(after.CreatedAt), tenant.And(tenant.CreatedAt(after.CreatedAt), tenant.IDLT(after.ID))))
	}
	rows, err := q.Order(ent.Desc(tenant.FieldCreatedAt, tenant.FieldID)).Limit(f.PerPage + 1).All(ctx)
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

// search finds a tenant by what people know of it.
func search(text string) predicate.Tenant {
	if id, err := uuid.Parse(text); err == nil {
		return tenant.ID(id)
	}
	folded := strings.ToLower(text)
	return tenant.Or(tenant.SlugHasPrefix(folded), tenant.NameFoldedHasPrefix(folded))
}
