package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/worker"
)

func (r *room) whole(t *testing.T, tenant *tenants.Tenant) audit.Report {
	t.Helper()
	report, err := audit.NewKeeper(r.store, r.registry).Verify(t.Context(), tenant.ID, nil)
	require.NoError(t, err)
	require.Nil(t, report.Problem)
	return report
}

func TestWorker_ErasesWhatTheLogKnowsOfSomebodyWhoWasDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.work(t)
		kim := uuid.Must(uuid.NewV7())
		person := event.Actor{UserID: kim, Email: "kim@shop.example"}
		happens := func(kind event.AuditType) {
			r.leave(t, r.shop, event.Audit(r.shop, auth.Client{UserAgent: "agent"}, kind, person, map[string]any{"username": "kim"}, ""))
		}
		change := func(write store.Write) { require.NoError(t, r.store.Do(t.Context(), scope.Tenant(r.shop.ID), write)) }
		change(func(ctx context.Context, tx *store.Tx) error { return tx.User.Create().SetID(kim).Exec(ctx) })
		for range 30 {
			happens(event.LoginSuccess)
		}
		change(func(ctx context.Context, tx *store.Tx) error { return tx.User.DeleteOneID(kim).Exec(ctx) })
		happens(event.UserDeleted)
		r.eventually(t, func() bool { return r.states(t)["done"] == 32 })
		happens(event.LoginFailure)
		r.leave(t, r.shop, event.Audit(r.shop, auth.Client{UserAgent: "agent"}, event.LoginFailure, event.Actor{}, nil, "unknown"))
		r.eventually(t, func() bool { return r.states(t)["done"] == 34 })

		rows, err := r.store.Reader().AuditLog.Query().Where(auditlog.ActorUserID(kim)).All(scope.With(t.Context(), scope.Tenant(r.shop.ID)))
		require.NoError(t, err)
		require.Len(t, rows, 32)
		for _, row := range rows {
			require.NotNil(t, row.ErasedAt)
			require.Empty(t, row.MetaUserAgent)
			require.JSONEq(t, "{}", string(row.Details))
		}
		report := r.whole(t, r.shop)
		require.EqualValues(t, 32, report.Erased)
		require.EqualValues(t, 33, report.Records)
	})
}

// The console's log has copies of what operators did with people of other tenants.
func TestWorker_ErasesCopiesOfWhoDeletesHerself(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		require.NoError(t, r.tenants.EnsureSystem(t.Context()))
		console, err := r.registry.ByID(t.Context(), tenants.SystemID)
		require.NoError(t, err)
		r.work(t)
		kim, alex := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
		person := func(id uuid.UUID) event.Actor { return event.Actor{UserID: id, Email: "kim@shop.example"} }
		change := func(write store.Write) { require.NoError(t, r.store.Do(t.Context(), scope.Tenant(r.shop.ID), write)) }
		remove := func(id uuid.UUID) {
			change(func(ctx context.Context, tx *store.Tx) error { return tx.User.DeleteOneID(id).Exec(ctx) })
			r.leave(t, r.shop, event.Audit(r.shop, auth.Client{UserAgent: "agent"}, event.UserDeleted, person(id), nil, ""))
		}
		for _, id := range []uuid.UUID{kim, alex} {
			change(func(ctx context.Context, tx *store.Tx) error { return tx.User.Create().SetID(id).Exec(ctx) })
		}
		by := tenants.ByOperator("olga@example.com")
		r.leave(t, r.shop, event.AuditOperator(r.shop, auth.Client{UserAgent: "agent"}, by, event.UserBlocked, person(kim), nil))
		r.eventually(t, func() bool { return r.states(t)["done"] == 2 })

		remove(alex)
		r.eventually(t, func() bool { return r.states(t)["done"] == 4 })
		require.EqualValues(t, 1, r.whole(t, console).Records, "of her it had nothing, and gets nothing")
		remove(kim)
		r.eventually(t, func() bool { return r.states(t)["done"] == 8 })

		rows, err := r.store.Reader().AuditLog.Query().All(scope.With(t.Context(), scope.Tenant(console.ID)))
		require.NoError(t, err)
		require.Len(t, rows, 2)
		for _, row := range rows {
			require.Equal(t, kim, *row.ActorUserID)
			require.NotNil(t, row.ErasedAt)
			require.Nil(t, row.ActorEmail)
			require.Empty(t, row.MetaUserAgent)
			require.JSONEq(t, "{}", string(row.Details))
		}
		require.EqualValues(t, 2, r.whole(t, console).Erased)
		require.EqualValues(t, 3, r.whole(t, r.shop).Erased)
	})
}

func TestCleanup_CountsAndGivesUpOldAuditRecordsAndTheRestStillVerifies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		appender := audit.NewAppender(r.out, true)
		record := func(tenant *tenants.Tenant, ages ...time.Duration) {
			var records []audit.Record
			for _, age := range ages {
				records = append(records, audit.Record{ID: uuid.Must(uuid.NewV7()), Type: "login_success", CreatedAt: time.Now().Add(-age), UpdatedAt: time.Now()})
			}
			require.NoError(t, r.store.Do(t.Context(), scope.Tenant(tenant.ID), func(ctx context.Context, tx *store.Tx) error {
				return appender.Append(ctx, tx, tenant.ID, records)
			}))
		}
		const day = 24 * time.Hour
		record(r.shop, 40*day, 35*day, 31*day, 29*day, day)
		record(r.bank, 33*day, day, 32*day)
		w := worker.New(worker.Needs{
			Store: r.store, Keyring: r.keyring, Registry: r.registry, Log: slog.New(slog.DiscardHandler),
			Cleanup: worker.CleanupPolicy{AuditLogs: 30 * day},
		})
		clean := func(run bool) int {
			found, err := w.Cleanup(t.Context(), []string{"audit_logs"}, 2, run)
			require.NoError(t, err)
			require.Len(t, found, 1)
			return found[0].Rows
		}

		require.Equal(t, 4, clean(false))
		require.Equal(t, 4, clean(true))
		require.Zero(t, clean(true))

		require.EqualValues(t, 3, r.whole(t, r.shop).Pruned)
		require.EqualValues(t, 2, r.whole(t, r.shop).Records)
		require.EqualValues(t, 2, r.whole(t, r.bank).Records)
	})
}
