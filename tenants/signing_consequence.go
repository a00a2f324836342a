package tenants

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/session"
)

// MostCounted is up to how many sessions SessionsOf counts.
const MostCounted = 10_000

// SessionsOf counts the open sessions that a signing key signed, which end when it is revoked: those that began while it signed. Where there are more
// than MostCounted it gives one more than that.
func (p *Provisioner) SessionsOf(ctx context.Context, id uuid.UUID, key SigningKey) (int, error) {
	if key.ActivatedAt == nil || key.ActivatedAt.After(p.now()) || key.State == KeyGone {
		return 0, nil
	}
	q := p.db.Reader().Session.Query().Where(session.ExpiresAtGT(p.now()), session.CreatedAtGTE(*key.ActivatedAt))
	if key.RetiredAt != nil {
		q = q.Where(session.CreatedAtLT(*key.RetiredAt))
	}
	ids, err := q.Limit(MostCounted + 1).IDs(scope.With(ctx, scope.Tenant(id)))
	if err != nil {
		return 0, fmt.Errorf("count the sessions that a key of tenant %s signed: %w", id, err)
	}
	return len(ids), nil
}
