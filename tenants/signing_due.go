package tenants

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/signingkey"
)

// AdvanceDueKeys looks at limit tenants, those after a given one, that have keys whose time may have come, and moves the keys on: see
// AdvanceKeys. It returns the last tenant looked at, to go on from there, or the nil UUID when the round is complete. Several replicas may
// do this at once.
func (p *Provisioner) AdvanceDueKeys(ctx context.Context, after uuid.UUID, limit int) (uuid.UUID, error) {
	var due []uuid.UUID
	rows, err := p.db.Reader().SigningKey.Query().
		Where(
			signingkey.TenantIDGT(after),
			signingkey.Or(
				signingkey.And(signingkey.State(string(KeyPublished)), signingkey.ActivatedAtLTE(p.now())),
				signingkey.And(signingkey.State(string(KeyRetiring)), signingkey.RetiredAtLT(p.now().Add(-activationDelay))),
			),
		).
		Order(ent.Asc(signingkey.FieldTenantID)).
		Limit(limit).
		Select(signingkey.FieldTenantID).
		All(scope.With(ctx, scope.System("find signing keys whose time has come")))
	if err != nil {
		return after, fmt.Errorf("find signing keys whose time has come: %w", err)
	}
	for _, row := range rows {
		if len(due) == 0 || due[len(due)-1] != row.TenantID {
			due = append(due, row.TenantID)
		}
	}
	var failures []error
	for _, id := range due {
		if _, err := p.AdvanceKeys(ctx, id); err != nil && !errors.Is(err, ErrNotFound) { // a deleted tenant's keys go with it
			failures = append(failures, err)
		}
	}
	next := uuid.Nil
	if len(rows) == limit {
		next = due[len(due)-1]
	}
	return next, errors.Join(failures...)
}
