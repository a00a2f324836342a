package tenants

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/session"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// statusPurging, in the place of the status before, says that rows of a deleted tenant have gone: it cannot come back.
const statusPurging = "purging"

// A Deletion says how a tenant was deleted.
type Deletion struct {
	By           Actor
	At           time.Time
	PurgeAfter   time.Time // from then on its data is erased
	StatusBefore Status    // what it comes back to
	Begun        bool      // data has been erased: it cannot come back
}

func deletionOf(row *ent.Tenant) *Deletion {
	if Status(row.Status) != StatusDeleting {
		return nil
	}
	d := &Deletion{By: Actor(row.DeletedBy), At: row.UpdatedAt.UTC(), StatusBefore: statusBefore(row), Begun: row.StatusBefore == statusPurging}
	if row.DeletedAt != nil {
		d.At = row.DeletedAt.UTC()
	}
	if row.PurgeAfter != nil {
		d.PurgeAfter = row.PurgeAfter.UTC()
	}
	return d
}

func statusBefore(row *ent.Tenant) Status {
	if row.StatusBefore == "" || row.StatusBefore == statusPurging {
		return StatusActive
	}
	return Status(row.StatusBefore)
}

// Delete ends a tenant: from now on it is not found. It can be restored within the grace period of the deployment. Error: ErrNotFound, also for a
// tenant deleted before.
func (p *Provisioner) Delete(ctx context.Context, by Actor, id uuid.UUID) error {
	if _, err := p.get(ctx, tenant.ID(id)); err != nil {
		return err
	}
	_, err := p.DeleteFor(ctx, by, id, nil)
	return err
}

// DeleteFor ends a tenant as Delete does, and says how long it can be restored: at most as long as the deployment's grace period, which is also
// what nil means. Its id and slug stay taken until its last row has gone: see Purge. A tenant deleted before stays as it is. Errors: ErrNotFound,
// invalid_grace, only_tenant, system_tenant.
func (p *Provisioner) DeleteFor(ctx context.Context, by Actor, id uuid.UUID, grace *time.Duration) (*Record, error) {
	switch {
	case p.registry.o.Single != nil && id == SingleID:
		return nil, problem.Conflict("only_tenant", "the only tenant of this deployment cannot be deleted")
	case id == SystemID:
		return nil, errSystem("cannot be deleted")
	case grace == nil:
		grace = p.o.Grace
	case *grace < 0 || *grace > *p.o.Grace:
		return nil, problem.Invalid("invalid_grace", "the grace period is not possible",
			problem.Field{Path: "grace", Reason: fmt.Sprintf("must be from 0s to %s, the setting tenants.grace", *p.o.Grace)})
	}
	row, err := p.changeAny(ctx, "delete tenant", id, func(ctx context.Context, tx *store.Tx, old *ent.Tenant) (*ent.Tenant, error) {
		if Status(old.Status) == StatusDeleting {
			return nil, nil
		}
		now := p.now()
		row, err := old.Update().SetStatus(string(StatusDeleting)).SetStatusBefore(old.Status).SetDeletedAt(now).SetDeletedBy(string(by)).
			SetPurgeAfter(now.Add(*grace)).AddVersion(1).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return nil, err
		}
		return row, p.recorder.note(ctx, tx, id, AuditTenantDeleted, by, map[string]any{"slug": old.Slug, "purge_after": now.Add(*grace)})
	})
	if err != nil {
		return nil, fmt.Errorf("delete tenant %s: %w", id, err)
	}
	return p.record(row)
}

// Restore brings a deleted tenant back as it was, but for its sessions: those that were open are ended first, so that nobody is signed in by a
// token she may have lost track of meanwhile. A tenant that is not deleted stays as it is. Errors: ErrNotFound, purge_began.
func (p *Provisioner) Restore(ctx context.Context, by Actor, id uuid.UUID) (*Record, error) {
	row, err := p.getAny(ctx, id)
	if err != nil {
		return nil, err
	}
	if d := deletionOf(row); d != nil && !d.Begun {
		if err := p.endSessions(ctx, id); err != nil {
			return nil, fmt.Errorf("restore tenant %s: %w", id, err)
		}
	}
	row, err = p.changeAny(ctx, "restore tenant", id, func(ctx context.Context, tx *store.Tx, old *ent.Tenant) (*ent.Tenant, error) {
		switch {
		case Status(old.Status) != StatusDeleting:
			return nil, nil
		case old.StatusBefore == statusPurging:
			return nil, problem.Conflict("purge_began", "the tenant's data is being erased: it cannot come back")
		}
		row, err := old.Update().SetStatus(string(statusBefore(old))).SetStatusBefore("").ClearDeletedAt().SetDeletedBy("").ClearPurgeAfter().
			AddVersion(1).SetUpdatedAt(p.now()).Save(ctx)
		if err != nil {
			return nil, err
		}
		return row, p.recorder.note(ctx, tx, id, AuditTenantRestored, by, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("restore tenant %s: %w", id, err)
	}
	return p.record(row)
}

// PurgeNow ends the grace period of a deleted tenant: its data is erased as soon as the worker gets to it. The slug confirms that it is meant.
// Errors: ErrNotFound, not_deleted, wrong_confirmation.
func (p *Provisioner) PurgeNow(ctx context.Context, by Actor, id uuid.UUID, slug string) (*Record, error) {
	row, err := p.changeAny(ctx, "purge tenant", id, func(ctx context.Context, tx *store.Tx, old *ent.Tenant) (*ent.Tenant, error) {
		now := p.now()
		switch {
		case Status(old.Status) != StatusDeleting:
			return nil, problem.Conflict("not_deleted", "only a deleted tenant can be purged")
		case old.Slug != slug:
			return nil, problem.Invalid("wrong_confirmation", "the confirmation is not the tenant's slug",
				problem.Field{Path: "confirm", Reason: "must be the tenant's slug"})
		case old.PurgeAfter != nil && !old.PurgeAfter.After(now):
			return nil, nil
		}
		row, err := old.Update().SetPurgeAfter(now).AddVersion(1).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return nil, err
		}
		return row, p.recorder.note(ctx, tx, id, AuditTenantPurgeOrdered, by, map[string]any{"slug": slug})
	})
	if err != nil {
		return nil, fmt.Errorf("purge tenant %s: %w", id, err)
	}
	return p.record(row)
}

// Deleted reads a deleted tenant by id, or else by slug. Error: ErrNotFound.
func (p *Provisioner) Deleted(ctx context.Context, id uuid.UUID, slug string) (*Record, error) {
	q := p.db.Reader().Tenant.Query().Where(tenant.Status(string(StatusDeleting)))
	if id != uuid.Nil {
		q = q.Where(tenant.ID(id))
	} else {
		q = q.Where(tenant.Slug(slug))
	}
	row, err := q.Only(scope.With(ctx, scope.System("read a deleted tenant")))
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read a deleted tenant: %w", err)
	}
	return p.record(row)
}

// changeAny changes a tenant, also a deleted one, under a lock of its row; change gives the row as it is then, or nil where nothing changed.
func (p *Provisioner) changeAny(
	ctx context.Context, why string, id uuid.UUID, change func(context.Context, *store.Tx, *ent.Tenant) (*ent.Tenant, error),
) (*ent.Tenant, error) {
	var row *ent.Tenant
	changed := false
	err := p.db.Do(ctx, scope.System(why), func(ctx context.Context, tx *store.Tx) error {
		old, err := store.Lock(tx, tx.Tenant.Query().Where(tenant.ID(id))).Only(ctx)
		if ent.IsNotFound(err) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		row, err = change(ctx, tx, old)
		if changed = row != nil; !changed {
			row = old
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if changed {
		p.registry.Invalidate(Changed{row.ID, row.Version, []string{row.Slug}})
	}
	return row, nil
}

// getAny reads a tenant, also a deleted one. Error: ErrNotFound.
func (p *Provisioner) getAny(ctx context.Context, id uuid.UUID) (*ent.Tenant, error) {
	row, err := p.db.Reader().Tenant.Get(scope.With(ctx, scope.System("read a tenant")), id)
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read tenant: %w", err)
	}
	return row, nil
}

// sessionsAtOnce is how many sessions of a tenant end in one unit of work.
const sessionsAtOnce = 1000

// endSessions ends all sessions of a tenant, some at a time, and tells the replicas that keep verified tokens.
func (p *Provisioner) endSessions(ctx context.Context, id uuid.UUID) error {
	for {
		ended := 0
		err := p.db.Do(ctx, scope.Tenant(id), func(ctx context.Context, tx *store.Tx) error {
			open, err := tx.Session.Query().Select(session.FieldID, session.FieldExpiresAt).Limit(sessionsAtOnce).All(ctx)
			if ended = len(open); err != nil || ended == 0 {
				return err
			}
			ids, revoked := make([]uuid.UUID, ended), make([]*ent.RevocationCreate, ended)
			for i, s := range open {
				ids[i], revoked[i] = s.ID, tx.Revocation.Create().SetSessionID(s.ID).SetExpiresAt(s.ExpiresAt)
			}
			if _, err := tx.Session.Delete().Where(session.IDIn(ids...)).Exec(ctx); err != nil {
				return err
			}
			return tx.Revocation.CreateBulk(revoked...).Exec(ctx)
		})
		if err != nil {
			return fmt.Errorf("end its sessions: %w", err)
		}
		if ended < sessionsAtOnce {
			return nil
		}
	}
}
