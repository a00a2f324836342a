package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/intercept"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/tenant"
)

// ErrSystemOnly is returned where one tenant's scope is used on what belongs to the operator.
var ErrSystemOnly = errors.New("store: only the system scope reaches this")

// confineRoots confines the entities that have no tenant column: a tenant reaches only its own row and makes none, and what belongs to the
// operators is for the system alone. Row-level security on PostgreSQL says the same.
func confineRoots(c *ent.Client) {
	c.Tenant.Intercept(readTenant)
	c.Tenant.Use(changeTenant)
	c.Operator.Intercept(readSystem)
	c.Operator.Use(changeSystem)
	c.OperatorToken.Intercept(readSystem)
	c.OperatorToken.Use(changeSystem)
	c.CertificateFile.Intercept(readSystem)
	c.CertificateFile.Use(changeSystem)
	c.PurgeReceipt.Intercept(readSystem)
	c.PurgeReceipt.Use(changeSystem)
}

var readTenant = intercept.TraverseTenant(func(ctx context.Context, q *ent.TenantQuery) error {
	s, err := scope.From(ctx)
	if err != nil {
		return fmt.Errorf("query tenant: %w", err)
	}
	if !s.IsSystem() {
		q.Where(tenant.ID(s.TenantID()))
	}
	return nil
})

func changeTenant(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		s, err := scope.From(ctx)
		if err != nil {
			return nil, fmt.Errorf("change tenant: %w", err)
		}
		if s.IsSystem() {
			return next.Mutate(ctx, m)
		}
		tm, ok := m.(*ent.TenantMutation)
		if !ok || m.Op().Is(ent.OpCreate) {
			return nil, fmt.Errorf("create tenant: %w", ErrSystemOnly)
		}
		tm.Where(tenant.ID(s.TenantID()))
		return next.Mutate(ctx, m)
	})
}

var readSystem = intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
	if err := systemOnly(ctx); err != nil {
		return fmt.Errorf("query %s: %w", q.Type(), err)
	}
	return nil
})

func changeSystem(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if err := systemOnly(ctx); err != nil {
			return nil, fmt.Errorf("change %s: %w", m.Type(), err)
		}
		return next.Mutate(ctx, m)
	})
}

func systemOnly(ctx context.Context) error {
	s, err := scope.From(ctx)
	if err != nil {
		return err
	}
	if !s.IsSystem() {
		return ErrSystemOnly
	}
	return nil
}
