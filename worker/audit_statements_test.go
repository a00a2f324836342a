package worker

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// auditRoom is an audit task with a tenant and a user, and batches for it.
type auditRoom struct {
	store     *store.Store
	task      *auditTask
	shop, kim uuid.UUID
	out       *outbox.Writer
}

func newAuditRoom(t testing.TB, st *store.Store) *auditRoom {
	keyring, err := secret.NewKeyring([]string{"a secret of the worker's tests, long enough"})
	require.NoError(t, err)
	r := &auditRoom{store: st, shop: uuid.Must(uuid.NewV7()), kim: uuid.Must(uuid.NewV7()), out: outbox.NewWriter(keyring, nil)}
	r.task = newAuditTask(Needs{
		Store: st, Keyring: keyring, Audit: AuditSinks{Store: true, EraseDeleted: true}, Log: slog.New(slog.DiscardHandler),
	}, nil)
	require.NoError(t, st.Do(t.Context(), scope.System("make a tenant"), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Tenant.Create().SetID(r.shop).SetSlug("shop").SetName("shop").SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx); err != nil {
			return err
		}
		return tx.User.Create().SetTenantID(r.shop).SetID(r.kim).Exec(ctx)
	}))
	return r
}

// batch leaves n records about Kim in the outbox and hands them out.
func (r *auditRoom) batch(t testing.TB, n int) batch {
	var intents []outbox.Intent
	for range n {
		intents = append(intents, outbox.Intent{
			ID: uuid.Must(uuid.NewV7()), Tenant: r.shop, Kind: event.KindAudit,
			Payload: fmt.Appendf(nil, `{"type": "login_success", "at": "2026-11-24T12:00:00Z", "actor_user_id": %q, "request_id": "WN5b7wJ7nDw2ltc4bzfOGOBbrxTCnVPo",
				"source_ip": "192.0.2.7", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)", "details": {"login_method": "passkey", "flow_id": %q}}`, r.kim, uuid.New()),
		})
	}
	require.NoError(t, r.store.Do(t.Context(), scope.Tenant(r.shop), func(ctx context.Context, tx *store.Tx) error { return r.out.Write(ctx, tx, intents...) }))
	rows, err := r.store.Reader().Intent.Query().Where(intent.State("ready")).Order(ent.Asc(intent.FieldID)).All(scope.With(t.Context(), scope.Tenant(r.shop)))
	require.NoError(t, err)
	b := batch{Kind: event.KindAudit, Tenant: r.shop}
	for _, row := range rows {
		b.Items = append(b.Items, item{ID: row.ID, Payload: row.Payload})
	}
	return b
}

func TestAudit_ABatchCostsSixStatements(t *testing.T) {
	t.Parallel()
	var statements atomic.Int64
	st, _ := testdb.New(t, "sqlite3", testdb.WithStatements(func(string) { statements.Add(1) }))
	r := newAuditRoom(t, st)
	require.NoError(t, r.task.portion(t.Context(), r.batch(t, 1)))
	b := r.batch(t, 20)
	before := statements.Load()

	require.NoError(t, r.task.portion(t.Context(), b))

	// The intents, the end of the log, whether the people are here, the records, whether the people were active, the counters.
	require.EqualValues(t, 6, statements.Load()-before)
}

// BenchmarkAudit measures appending batches as the relay hands them out, 20 records each.
func BenchmarkAudit(b *testing.B) {
	for _, name := range testdb.Dialects() {
		b.Run(name, func(b *testing.B) {
			st, _ := testdb.New(b, name)
			r := newAuditRoom(b, st)
			records := 0
			for b.Loop() {
				b.StopTimer()
				batch := r.batch(b, 20)
				b.StartTimer()
				if err := r.task.portion(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				records += len(batch.Items)
			}
			b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func TestAudit_ABatchOfWhichSomeAreDoneIsCarriedOutForTheRest(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		r := newAuditRoom(t, st)
		b := r.batch(t, 5)
		part := b
		part.Items = b.Items[1:3]
		require.NoError(t, r.task.portion(t.Context(), part))

		require.NoError(t, r.task.portion(t.Context(), b))
		require.NoError(t, r.task.portion(t.Context(), b))

		ctx := scope.With(t.Context(), scope.Tenant(r.shop))
		require.Equal(t, 5, st.Reader().AuditLog.Query().CountX(ctx))
		require.Equal(t, 5, st.Reader().Intent.Query().Where(intent.State("done")).CountX(ctx))
	})
}
