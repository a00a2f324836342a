package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	entidentity "github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/worker"
)

// identities leaves some at each tenant: old ones that nobody confirmed, an old one that has an owner, and one that was begun just now.
func (r *room) identities(t *testing.T, old int) {
	t.Helper()
	begun := time.Now().UTC().Add(-25 * time.Hour).Truncate(time.Microsecond)
	for _, tenant := range []*tenants.Tenant{r.shop, r.bank} {
		require.NoError(t, r.store.Do(t.Context(), scope.Tenant(tenant.ID), func(ctx context.Context, tx *store.Tx) error {
			for range old {
				if err := tx.Identity.Create().SetProviderID("google").SetSubject(uuid.NewString()).SetCreatedAt(begun).Exec(ctx); err != nil {
					return err
				}
			}
			kim, err := tx.User.Create().SetUsername("kim").Save(ctx)
			if err != nil {
				return err
			}
			if err := tx.Identity.Create().SetProviderID("google").SetSubject("hers").SetUserID(kim.ID).SetCreatedAt(begun).Exec(ctx); err != nil {
				return err
			}
			return tx.Identity.Create().SetProviderID("google").SetSubject("just begun").Exec(ctx)
		}))
	}
}

// pendingOnes counts the identities that nobody owns, and those that somebody does.
func (r *room) pendingOnes(t *testing.T) (pending, owned int) {
	t.Helper()
	all := scope.With(t.Context(), scope.System("count identities"))
	pending, err := r.store.Reader().Identity.Query().Where(entidentity.UserIDIsNil()).Count(all)
	require.NoError(t, err)
	owned, err = r.store.Reader().Identity.Query().Where(entidentity.UserIDNotNil()).Count(all)
	require.NoError(t, err)
	return pending, owned
}

func TestCleanup_TakesAccountsThatNobodyConfirmedForADay(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"one at a time": 1, "all but one": 6, "exactly": 7, "more than a statement takes": 100_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *room) {
				r.identities(t, 7)
				w := worker.New(worker.Needs{Store: r.store, Keyring: r.keyring, Registry: r.registry, Log: slog.New(slog.DiscardHandler)})
				for i, want := range []int{14, 14, 0} {
					gone, err := w.Cleanup(t.Context(), []string{"identities"}, size, i > 0)
					require.NoError(t, err)
					require.Equal(t, []worker.Expired{{Table: "identities", Rows: want}}, gone)
				}
				pending, owned := r.pendingOnes(t)
				require.Equal(t, 2, pending, "she may still confirm")
				require.Equal(t, 2, owned)
			})
		})
	}
}

func TestWorker_TakesAccountsThatNobodyConfirmedByItself(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.identities(t, 3)
		r.work(t)
		r.eventually(t, func() bool { pending, _ := r.pendingOnes(t); return pending == 2 })
		_, owned := r.pendingOnes(t)
		require.Equal(t, 2, owned)
	})
}
