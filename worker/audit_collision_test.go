package worker

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

func TestAudit_WritersAtOnceLoseNothingAndNumberWithoutGaps(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		keyring, err := secret.NewKeyring([]string{"a secret of the worker's tests, long enough"})
		require.NoError(t, err)
		shop := uuid.Must(uuid.NewV7())
		require.NoError(t, st.Do(t.Context(), scope.System("make a tenant"), func(ctx context.Context, tx *store.Tx) error {
			return tx.Tenant.Create().SetID(shop).SetSlug("shop").SetName("shop").SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
		}))
		const writers = 6
		out := outbox.NewWriter(keyring, nil)
		require.NoError(t, st.Do(t.Context(), scope.Tenant(shop), func(ctx context.Context, tx *store.Tx) error {
			var intents []outbox.Intent
			for i := range writers {
				intents = append(intents, outbox.Intent{
					ID: uuid.Must(uuid.NewV7()), Tenant: shop, Kind: event.KindAudit, Payload: fmt.Appendf(nil, `{"type": "t%d", "at": "2026-11-24T12:00:00Z"}`, i),
				})
			}
			return out.Write(ctx, tx, intents...)
		}))
		ctx := scope.With(t.Context(), scope.Tenant(shop))
		rows, err := st.Reader().Intent.Query().Order(ent.Asc(intent.FieldID)).All(ctx)
		require.NoError(t, err)
		task := newAuditTask(Needs{Store: st, Keyring: keyring, Audit: AuditSinks{Store: true}, Log: slog.New(slog.DiscardHandler)}, nil)

		failed := make([]error, writers)
		var running sync.WaitGroup
		for i, row := range rows {
			running.Go(func() {
				failed[i] = task.portion(t.Context(), batch{Kind: event.KindAudit, Tenant: shop, Items: []item{{ID: row.ID, Payload: row.Payload}}})
			})
		}
		running.Wait()

		for _, err := range failed {
			require.NoError(t, err)
		}
		records, err := st.Reader().AuditLog.Query().Order(ent.Asc(auditlog.FieldSequence)).All(ctx)
		require.NoError(t, err)
		require.Len(t, records, writers)
		for i, r := range records {
			require.EqualValues(t, i+1, r.Sequence)
		}
	})
}
