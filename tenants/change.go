package tenants

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/ent/tenantconfigversion"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// How says on what terms a configuration is changed.
type How struct {
	By     Actor
	If     int  // only if this is the configuration's version now; 0: whatever it is
	DryRun bool // check and show, change nothing
	Strict bool // settings that do not exist are problems; without it they are ignored
}

// A Result is a tenant after a change of its configuration, and what changed. After a dry run it is what the tenant would be.
type Result struct {
	*Record
	Changes []config.Change // secrets masked
	// Warnings are what is accepted and will not work as it stands.
	Warnings config.Problems
}

// ReplaceConfig replaces a tenant's configuration by the defaults and what is given. Secrets given as the mask stay as they are. A change that
// changes nothing makes no version. Errors: ErrNotFound, invalid_config with every problem, version_mismatch.
func (p *Provisioner) ReplaceConfig(ctx context.Context, id uuid.UUID, given json.RawMessage, how How) (*Result, error) {
	return p.change(ctx, id, how, func(_ context.Context, c current) (config.Config, error) {
		full, err := decodeConfig(c.base, c.full, given, how.Strict)
		if err == nil {
			err = p.refusePlain(c.full, full)
		}
		return full, err
	})
}

// PatchConfig changes those parts of a tenant's configuration that are in the merge patch (RFC 7386): null brings a default back. Errors as
// for ReplaceConfig.
func (p *Provisioner) PatchConfig(ctx context.Context, id uuid.UUID, patch json.RawMessage, how How) (*Result, error) {
	return p.change(ctx, id, how, func(_ context.Context, c current) (config.Config, error) {
		full, err := decodePatching(c, patch, how.Strict)
		if err == nil {
			err = p.refusePlain(c.full, full)
		}
		return full, err
	})
}

// RollBack makes an earlier version of the configuration the current one again, as a new version. Errors: ErrNotFound, version_not_found,
// version_mismatch, and invalid_config where rules have changed since.
func (p *Provisioner) RollBack(ctx context.Context, id uuid.UUID, version int, how How) (*Result, error) {
	return p.change(ctx, id, how, func(ctx context.Context, c current) (config.Config, error) {
		row, err := c.tx.TenantConfigVersion.Query().
			Where(tenantconfigversion.TenantID(id), tenantconfigversion.Version(version)).Only(ctx)
		if ent.IsNotFound(err) {
			return config.Config{}, problem.NotFound("version_not_found", "the configuration has no such version")
		}
		if err != nil {
			return config.Config{}, err
		}
		return openStored(p.o.Keyring, id, c.base, row.Config)
	})
}

// current is a tenant's configuration while it is being changed.
type current struct {
	tx   *store.Tx
	row  *ent.Tenant
	base config.Config // the defaults
	full config.Config // with secrets in clear
}

// change is what all changes of a configuration have in common.
func (p *Provisioner) change(
	ctx context.Context, id uuid.UUID, how How, next func(context.Context, current) (config.Config, error),
) (*Result, error) {
	var row *ent.Tenant
	var changes []config.Change
	changed := false
	if p.registry.o.Single != nil && id == SingleID {
		return nil, problem.Conflict("config_from_file", "the configuration of this deployment's only tenant is in its file")
	}
	err := p.db.Do(ctx, scope.System("change a tenant's configuration"), func(ctx context.Context, tx *store.Tx) error {
		old, err := p.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if how.If != 0 && how.If != old.ConfigVersion {
			return problem.PreconditionFailed("version_mismatch",
				fmt.Sprintf("the configuration is at version %d, not %d: read it again and repeat the change", old.ConfigVersion, how.If))
		}
		c := current{tx: tx, row: old, base: baseConfig(p.addresses, old.ID, old.Slug, old.Name, Origin(old.Origin))}
		if c.full, err = openStored(p.o.Keyring, old.ID, c.base, old.Config); err != nil {
			return err
		}
		full, err := next(ctx, c)
		if err != nil {
			return err
		}
		if err := primaryVerified(ctx, tx, id, c.full, full); err != nil {
			return err
		}
		row, changes, changed = old, config.Changes(c.full, full), false
		if len(changes) == 0 {
			return nil
		}
		if old.Config, err = sealConfig(p.o.Keyring, old.ID, c.base, full); err != nil {
			return err
		}
		old.ConfigVersion++
		old.Version++
		if how.DryRun {
			return nil
		}
		changed = true
		return p.saveChange(ctx, tx, old, changes, how.By)
	})
	if err != nil {
		return nil, fmt.Errorf("change the configuration of tenant %s: %w", id, err)
	}
	if changed {
		p.registry.Invalidate(Changed{row.ID, row.Version, nil})
	}
	record, err := p.record(row)
	if err != nil {
		return nil, err
	}
	warnings, err := p.warnings(ctx, id, record.Config, changes)
	if err != nil {
		return nil, err
	}
	return &Result{Record: record, Changes: changes, Warnings: warnings}, nil
}

// saveChange writes the row as it is to be, and the version beside it.
func (p *Provisioner) saveChange(ctx context.Context, tx *store.Tx, row *ent.Tenant, changes []config.Change, by Actor) error {
	list, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	now := p.now()
	row.UpdatedAt = now
	if err := tx.Tenant.UpdateOneID(row.ID).SetConfig(row.Config).SetConfigVersion(row.ConfigVersion).
		SetVersion(row.Version).SetUpdatedAt(now).Exec(ctx); err != nil {
		return err
	}
	if err := tx.TenantConfigVersion.Create().SetTenantID(row.ID).SetVersion(row.ConfigVersion).SetConfig(row.Config).SetChanges(list).
		SetActor(string(by)).SetCreatedAt(now).Exec(ctx); err != nil {
		return err
	}
	paths := make([]string, len(changes)) // what the values were is in the versions, with secrets masked
	for i, c := range changes {
		paths[i] = c.Path
	}
	return p.recorder.note(ctx, tx, row.ID, AuditConfigChanged, by, map[string]any{"version": row.ConfigVersion, "changed": paths})
}

// A Version is one change of a tenant's configuration.
type Version struct {
	Version int
	By      Actor
	At      time.Time
	Changes json.RawMessage // list of path, old and new value; secrets masked
	Config  *config.Config  // the whole configuration then, secrets masked; only from ConfigVersion
}

// ConfigVersions lists the changes of a tenant's configuration, newest first. Error: ErrNotFound.
func (p *Provisioner) ConfigVersions(ctx context.Context, id uuid.UUID, page, perPage int) (Page[Version], error) {
	result := Page[Version]{}
	if _, err := p.get(ctx, tenant.ID(id)); err != nil {
		return result, err
	}
	ctx = scope.With(ctx, scope.Tenant(id))
	q := p.db.Reader().TenantConfigVersion.Query()
	var err error
	if result.Total, err = q.Clone().Count(ctx); err != nil {
		return result, fmt.Errorf("count the configuration versions of tenant %s: %w", id, err)
	}
	rows, err := q.Order(ent.Desc(tenantconfigversion.FieldVersion)).Offset((max(page, 1) - 1) * perPage).Limit(perPage).All(ctx)
	if err != nil {
		return result, fmt.Errorf("list the configuration versions of tenant %s: %w", id, err)
	}
	result.Items = make([]Version, len(rows))
	for i, row := range rows {
		result.Items[i] = Version{Version: row.Version, By: Actor(row.Actor), At: row.CreatedAt.UTC(), Changes: row.Changes}
	}
	return result, nil
}

// ConfigVersion reads one version with the configuration as it was. Errors: ErrNotFound, version_not_found.
func (p *Provisioner) ConfigVersion(ctx context.Context, id uuid.UUID, version int) (*Version, error) {
	t, err := p.get(ctx, tenant.ID(id))
	if err != nil {
		return nil, err
	}
	row, err := p.db.Reader().TenantConfigVersion.Query().Where(tenantconfigversion.Version(version)).Only(scope.With(ctx, scope.Tenant(id)))
	if ent.IsNotFound(err) {
		return nil, problem.NotFound("version_not_found", "the configuration has no such version")
	}
	if err != nil {
		return nil, fmt.Errorf("read version %d of the configuration of tenant %s: %w", version, id, err)
	}
	base := baseConfig(p.addresses, t.ID, t.Slug, t.Name, Origin(t.Origin))
	then, err := config.Apply(base, row.Config)
	if err != nil {
		return nil, fmt.Errorf("read version %d of the configuration of tenant %s: %w", version, id, err)
	}
	shown := config.Mask(then)
	return &Version{row.Version, Actor(row.Actor), row.CreatedAt.UTC(), row.Changes, &shown}, nil
}
