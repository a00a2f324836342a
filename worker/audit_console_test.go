package worker

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants"
)

// about leaves a record about Kim in the outbox.
func (r *auditRoom) about(t testing.TB, kind event.AuditType, byOperator bool) {
	t.Helper()
	record := outbox.Intent{
		ID: uuid.Must(uuid.NewV7()), Tenant: r.shop, Kind: event.KindAudit,
		Payload: fmt.Appendf(nil, `{"type": %q, "at": "2026-11-24T12:00:00Z", "actor_user_id": %q, "user_agent": "agent", "by_operator": %t}`, kind, r.kim, byOperator),
	}
	require.NoError(t, r.store.Do(t.Context(), scope.Tenant(r.shop), func(ctx context.Context, tx *store.Tx) error { return r.out.Write(ctx, tx, record) }))
}

// Copies wait while the console's log is held up, and may come behind the deletion of whom they are about.
func TestAudit_ADeletionFollowsACopyThatWaits(t *testing.T) {
	t.Parallel()
	for name, together := range map[string]bool{"in a batch before": false, "in the same batch": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
				r := newAuditRoom(t, st)
				require.NoError(t, st.Do(t.Context(), scope.System("make a tenant"), func(ctx context.Context, tx *store.Tx) error {
					return tx.Tenant.Create().SetID(tenants.SystemID).SetSlug("console").SetOrigin("system").SetConfig([]byte("{}")).Exec(ctx)
				}))
				r.about(t, event.UserBlocked, true)
				if !together {
					require.NoError(t, r.task.portion(t.Context(), r.batch(t, 0)))
				}
				r.about(t, event.UserDeleted, false)
				require.NoError(t, r.task.portion(t.Context(), r.batch(t, 0)))

				console := scope.With(t.Context(), scope.Tenant(tenants.SystemID))
				require.Equal(t, 2, st.Reader().Intent.Query().Where(intent.State("ready")).CountX(console))
				r.shop = tenants.SystemID
				require.NoError(t, r.task.portion(t.Context(), r.batch(t, 0)))
				deletion := st.Reader().AuditLog.Query().Where(auditlog.Sequence(2)).OnlyX(console)
				require.EqualValues(t, event.UserDeleted, deletion.Type, "which has both erased, and says why")
				require.Empty(t, deletion.MetaUserAgent)
				require.Equal(t, 1, st.Reader().Intent.Query().Where(intent.State("ready"), intent.Kind("audit_erase")).CountX(console))
			})
		})
	}
}
