package tenants

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// SystemID is the tenant in which operators sign in. It is reached through the console alone, and its audit log is that of the console.
var SystemID = uuid.UUID{15: 2}

// errSystem is the answer to what would lock all operators out, or open their tenant to others.
func errSystem(what string) error {
	return problem.Conflict("system_tenant", "the tenant of the operators "+what)
}

// System reports whether the tenant is that of the operators.
func (t *Tenant) System() bool { return t.Origin == OriginSystem }

// EnsureSystem makes the tenant of the operators, unless it is there. Several processes may do this at the same time.
func (p *Provisioner) EnsureSystem(ctx context.Context) error {
	_, err := p.db.Reader().Tenant.Query().Where(tenant.ID(SystemID)).OnlyID(scope.With(ctx, scope.System("ensure the tenant of the operators")))
	if err == nil || !ent.IsNotFound(err) {
		return err
	}
	in := NewTenant{ID: SystemID, Slug: SystemID.String(), Name: "Latchkeep", Origin: OriginSystem}
	base := baseConfig(p.addresses, in.ID, in.Slug, in.Name, in.Origin)
	key, err := p.newKey(ctx, in.ID, signingAlg(base))
	if err != nil {
		return fmt.Errorf("ensure the tenant of the operators: %w", err)
	}
	now := p.now()
	key.state, key.activated = KeyActive, &now
	_, err = p.insert(ctx, BySystem, in, base, base, now, nil, key)
	if conflict, ok := errors.AsType[*problem.Error](err); ok && conflict.Kind == problem.KindConflict {
		return nil // another process was faster
	}
	return err
}

// consoleConfig is what the configuration of the operators' tenant differs from.
func consoleConfig(a Addresses) config.Config {
	return config.ForConsole(a.Public(SystemID, SystemID.String()))
}
