package domains

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenantdomain"
	"github.com/latchkeep/latchkeep/tenants"
)

// Check looks for the proof of a domain now and takes note of what it found. That the proof is missing is no error: the domain says so. Errors:
// tenants.ErrNotFound, ErrNotFound.
func (r *Room) Check(ctx context.Context, by tenants.Actor, tenantID, id uuid.UUID) (Domain, error) {
	row, err := r.read(ctx, tenantID, id)
	if err != nil {
		return Domain{}, err
	}
	if row, err = r.settle(ctx, by, row, r.look(ctx, row)); err != nil {
		return Domain{}, err
	}
	t, err := r.n.Registry.ByID(ctx, tenantID)
	if err != nil {
		return Domain{}, err
	}
	return r.show(row, t.Config.Service.PrimaryDomain), nil
}

// settle takes note of what was found. The time of a row's last change is that of when it came to what it is: added, verified, its proof first
// missed, lost. Checks that change nothing of this leave it.
func (r *Room) settle(ctx context.Context, by tenants.Actor, row *ent.TenantDomain, f found) (*ent.TenantDomain, error) {
	var after *ent.TenantDomain
	var err error
	switch {
	case f.proof && row.VerifiedAt == nil:
		if after, err = r.verify(ctx, by, row); store.IsUniqueViolation(err) {
			// Whose it is keeps it while the proof is there, and for some days after.
			f = found{missed: "another tenant of this deployment has this domain; it is free once that tenant's record is gone for three days"}
			after, err = r.note(ctx, row, f)
		}
	case !f.proof && !f.unknown && row.VerifiedAt != nil && row.Problem != "" && !r.now().Before(row.UpdatedAt.Add(graceOfProof)):
		after, err = r.lose(ctx, row, f)
	default:
		after, err = r.note(ctx, row, f)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("check domain %q of tenant %s: %w", row.Host, row.TenantID, err)
	}
	return after, err
}

// verify makes the domain the tenant's.
func (r *Room) verify(ctx context.Context, by tenants.Actor, row *ent.TenantDomain) (*ent.TenantDomain, error) {
	now := r.now()
	var after *ent.TenantDomain
	err := r.n.Store.Do(ctx, scope.Tenant(row.TenantID), func(ctx context.Context, tx *store.Tx) error {
		if err := r.n.Registry.Bump(ctx, tx, row.TenantID); err != nil {
			return err
		}
		locked, err := lockDomain(ctx, tx, row.ID)
		if err != nil {
			return err
		}
		if after = locked; locked.VerifiedAt != nil {
			return nil // somebody else looked at the same time
		}
		after, err = tx.TenantDomain.UpdateOneID(row.ID).SetVerifiedHost(row.Host).SetVerifiedAt(now).SetCheckedAt(now).SetProblem("").
			SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return err
		}
		tx.OnCommit(func() { r.n.Registry.KnowHost(row.Host) })
		return r.n.Outbox.Write(ctx, tx, record(ctx, tenants.AuditDomainVerified, by, row))
	})
	return after, err
}

// note writes down a check that changes nothing about whose the domain is.
func (r *Room) note(ctx context.Context, row *ent.TenantDomain, f found) (*ent.TenantDomain, error) {
	now := r.now()
	var after *ent.TenantDomain
	err := r.n.Store.Do(ctx, scope.Tenant(row.TenantID), func(ctx context.Context, tx *store.Tx) error {
		locked, err := lockDomain(ctx, tx, row.ID)
		if err != nil {
			return err
		}
		changed, missed := locked.UpdatedAt, clip(f.missed, maxProblem)
		switch {
		case locked.VerifiedAt == nil:
		case f.unknown: // it may be our own network: nothing begins with it, nothing ends
			missed = locked.Problem
		case (missed == "") != (locked.Problem == ""):
			changed = now
		}
		after, err = tx.TenantDomain.UpdateOneID(row.ID).SetCheckedAt(now).SetProblem(missed).SetUpdatedAt(changed).Save(ctx)
		return err
	})
	if err == nil && after.VerifiedAt != nil && after.Problem != "" {
		r.n.Log.WarnContext(ctx, "the proof of a domain is missing in the DNS", "tenant_id", row.TenantID, "host", row.Host,
			"lost_at", after.UpdatedAt.Add(graceOfProof).UTC())
	}
	return after, err
}

// lose takes a domain from the tenant: its proof is gone for too long. It may prove it again.
func (r *Room) lose(ctx context.Context, row *ent.TenantDomain, f found) (*ent.TenantDomain, error) {
	t, err := r.n.Registry.ByID(ctx, row.TenantID)
	if err != nil {
		return nil, err
	}
	if t.Config.Service.PrimaryDomain == row.Host {
		if err := r.setPrimary(ctx, tenants.BySystem, row.TenantID, ""); err != nil {
			return nil, err
		}
	}
	now := r.now()
	var after *ent.TenantDomain
	err = r.n.Store.Do(ctx, scope.Tenant(row.TenantID), func(ctx context.Context, tx *store.Tx) error {
		if err := r.n.Registry.Bump(ctx, tx, row.TenantID); err != nil {
			return err
		}
		locked, err := lockDomain(ctx, tx, row.ID)
		if err != nil {
			return err
		}
		if after = locked; locked.VerifiedAt == nil || locked.Problem == "" || !locked.UpdatedAt.Equal(row.UpdatedAt) {
			return nil // it was seen meanwhile
		}
		after, err = tx.TenantDomain.UpdateOneID(row.ID).ClearVerifiedHost().ClearVerifiedAt().SetCheckedAt(now).
			SetProblem(clip(f.missed, maxProblem)).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return err
		}
		return r.n.Outbox.Write(ctx, tx, record(ctx, tenants.AuditDomainLost, tenants.BySystem, row))
	})
	if err == nil && after.VerifiedAt == nil {
		r.n.Log.WarnContext(ctx, "a domain is no longer its tenant's: its proof was missing for days", "tenant_id", row.TenantID, "host", row.Host)
	}
	return after, err
}

func record(ctx context.Context, kind outbox.AuditType, by tenants.Actor, row *ent.TenantDomain) outbox.Intent {
	return tenants.Recorded(ctx, row.TenantID, kind, by, map[string]any{"host": row.Host, "domain_id": row.ID.String()})
}

const (
	// graceOfProof is how long a verified domain's proof may be missing.
	graceOfProof = 3 * 24 * time.Hour
	// giveUp is how long the proof of a new domain is looked for without being asked to.
	giveUp = 7 * 24 * time.Hour
	// firstCheck and lastCheck are the shortest and longest time between two looks for a proof.
	firstCheck, lastCheck = time.Minute, 24 * time.Hour
)

// nextCheck is when the proof of a domain is to be looked for: of a verified one daily, of a new one less and less often.
func nextCheck(row *ent.TenantDomain) time.Time {
	switch {
	case row.CheckedAt == nil:
		return row.CreatedAt
	case row.VerifiedAt != nil:
		return row.CheckedAt.Add(lastCheck)
	}
	waited := row.CheckedAt.Sub(row.UpdatedAt)
	return row.CheckedAt.Add(min(max(waited/2, firstCheck), lastCheck))
}

func givenUp(row *ent.TenantDomain, now time.Time) bool {
	return row.VerifiedAt == nil && now.Sub(row.UpdatedAt) > giveUp
}

// due finds domains that may have to be checked, in the order of their ids.
func (r *Room) due(ctx context.Context, after uuid.UUID, limit int) ([]*ent.TenantDomain, error) {
	now := r.now()
	return r.n.Store.Reader().TenantDomain.Query().
		Where(
			tenantdomain.IDGT(after),
			tenantdomain.Or(
				tenantdomain.And(tenantdomain.VerifiedAtNotNil(), tenantdomain.CheckedAtLTE(now.Add(-lastCheck))),
				tenantdomain.And(tenantdomain.VerifiedAtIsNil(), tenantdomain.UpdatedAtGTE(now.Add(-giveUp)),
					tenantdomain.Or(tenantdomain.CheckedAtIsNil(), tenantdomain.CheckedAtLTE(now.Add(-firstCheck)))),
			),
		).
		Order(ent.Asc(tenantdomain.FieldID)).Limit(limit).
		All(scope.With(ctx, scope.System("find domains whose proof is to be looked for")))
}
