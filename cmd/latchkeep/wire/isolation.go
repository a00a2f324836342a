package wire

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/isolation"
	"github.com/latchkeep/latchkeep/ent/migrations"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants"
)

// ExamineIsolation asks the database whether it keeps tenants apart: see package isolation. With the id or slug of a tenant it looks at the rows of
// that one alone; with schemaOnly at none. It changes nothing.
func ExamineIsolation(ctx context.Context, s *settings.Settings, which string, schemaOnly bool) ([]isolation.Result, error) {
	source, err := dsn.Parse(s.Database.URL.Reveal())
	if err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, store.Options{
		URL: source.Raw(), MaxOpen: 2, TxScope: s.Database.TransactionPooler, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer st.Close()
	ctx = scope.With(ctx, scope.System("examine the isolation of tenants"))
	if err := migrations.Check(ctx, st.Dialect(), st.Raw()); err != nil {
		return nil, fmt.Errorf("the tables are not those of this version: %w", err)
	}
	o := isolation.Options{SchemaOnly: schemaOnly}
	if which != "" {
		named := tenant.Slug(which)
		if id, err := uuid.Parse(which); err == nil {
			named = tenant.ID(id)
		}
		o.Tenant, err = st.Reader().Tenant.Query().Where(named).OnlyID(ctx)
		if ent.IsNotFound(err) {
			return nil, fmt.Errorf("tenant %q: %w", which, tenants.ErrNotFound)
		}
		if err != nil {
			return nil, fmt.Errorf("find tenant: %w", err)
		}
	}
	return isolation.Examine(ctx, source, st, o)
}
