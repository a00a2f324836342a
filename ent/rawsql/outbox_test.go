package rawsql_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// put writes intents of a tenant.
func put(t testing.TB, st *store.Store, sc scope.Scope, at time.Time, ordering ...string) []uuid.UUID {
	t.Helper()
	ids := make([]uuid.UUID, len(ordering))
	do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
		for i, key := range ordering {
			ids[i] = uuid.Must(uuid.NewV7())
			tx.Intent.Create().SetID(ids[i]).SetKind("mail").SetOrdering(key).SetPayload([]byte("sealed")).SetAvailableAt(at).ExecX(ctx)
		}
		return nil
	})
	return ids
}

func due(t testing.TB, st *store.Store, l rawsql.Look) (out rawsql.Due) {
	t.Helper()
	if l.Kinds == nil {
		l.Kinds = []string{"mail"}
	}
	do(t, st, system, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.Raw.DueIntents(ctx, l)
		return err
	})
	return out
}

// lease takes a tenant's next intent.
func lease(t testing.TB, st *store.Store, sc scope.Scope, now time.Time) (taken *rawsql.DueIntent, more bool) {
	t.Helper()
	do(t, st, sc, func(ctx context.Context, tx *store.Tx) (err error) {
		taken, more, err = tx.Raw.LeaseIntent(ctx, "mail", now, time.Minute)
		return err
	})
	return taken, more
}

// ready are the ids of a tenant's due intents.
func ready(t testing.TB, st *store.Store, sc scope.Scope, now time.Time) (ids []uuid.UUID) {
	t.Helper()
	for _, i := range readIntents(t, st, sc, now, 100) {
		ids = append(ids, i.ID)
	}
	return ids
}

func readIntents(t testing.TB, st *store.Store, sc scope.Scope, now time.Time, limit int) (found []rawsql.DueIntent) {
	t.Helper()
	do(t, st, sc, func(ctx context.Context, tx *store.Tx) (err error) {
		found, err = tx.Raw.ReadIntents(ctx, "mail", now, limit)
		return err
	})
	return found
}

func TestDueIntents_NamesTenantsAndKindsHoweverMuchEachHas(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		loud, quiet, third := newTenant(t, st), newTenant(t, st), newTenant(t, st)
		first := put(t, st, loud, now, make([]string, 50)...)
		second := put(t, st, quiet, now, "")
		put(t, st, third, now.Add(time.Hour), "") // not due yet
		do(t, st, quiet, func(ctx context.Context, tx *store.Tx) error {
			return tx.Intent.Create().SetID(third.TenantID()).SetKind("audit").SetPayload([]byte("sealed")).SetAvailableAt(now).Exec(ctx)
		})
		loudMail := rawsql.DueKind{TenantID: loud.TenantID(), Kind: "mail", First: first[0]}
		quietMail := rawsql.DueKind{TenantID: quiet.TenantID(), Kind: "mail", First: second[0]}
		quietAudit := rawsql.DueKind{TenantID: quiet.TenantID(), Kind: "audit", First: third.TenantID()}

		require.Equal(t, rawsql.Due{Kinds: []rawsql.DueKind{loudMail, quietMail}}, due(t, st, rawsql.Look{Now: now, Tenants: 5}), "others stay where they are")
		all := rawsql.Look{Now: now, Kinds: []string{"mail", "audit"}, Tenants: 1}
		require.Equal(t, rawsql.Due{Kinds: []rawsql.DueKind{loudMail}, Last: loud.TenantID()}, due(t, st, all))
		all.After = loud.TenantID()
		require.Equal(t, rawsql.Due{Kinds: []rawsql.DueKind{quietMail, quietAudit}, Last: quiet.TenantID()}, due(t, st, all))
		all.After = quiet.TenantID()
		require.Equal(t, rawsql.Due{}, due(t, st, all), "the round is complete")
	})
}

func TestDueIntents_WalksPastManyTenantsThatWait(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC()
		for range 25 {
			put(t, st, newTenant(t, st), now.Add(time.Hour), "")
		}
		last := newTenant(t, st)
		want := put(t, st, last, now, "")
		after, rounds := uuid.Nil, 0
		for {
			got := due(t, st, rawsql.Look{Now: now, Tenants: 2, After: after})
			if rounds++; len(got.Kinds) > 0 {
				require.Equal(t, want[0], got.Kinds[0].First)
				break
			}
			require.NotEqual(t, uuid.Nil, got.Last, "whoever is told that there is more looks again at once")
			after = got.Last
			require.Less(t, rounds, 10)
		}
	})
}

func TestReadIntents_ReadsTheLongestDueInTheOrderOfTheirIds(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		sc, other := newTenant(t, st), newTenant(t, st)
		late := put(t, st, sc, now.Add(-time.Second), "k")
		ids := put(t, st, sc, now.Add(-time.Minute), "k", "k", "")
		put(t, st, sc, now.Add(time.Minute), "k")
		put(t, st, other, now, "k")
		got := readIntents(t, st, sc, now, 3)
		require.Len(t, got, 3)
		require.Equal(t, ids[0], got[0].ID)
		require.Equal(t, "k", got[0].Ordering)
		require.Equal(t, []byte("sealed"), got[0].Payload)
		require.Zero(t, got[0].Attempts)
		require.Nil(t, got[0].NotAfter)
		require.WithinDuration(t, now, got[0].CreatedAt, time.Minute)
		require.Equal(t, append(late, ids...), ready(t, st, sc, now), "by their ids, of those that are due")
		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
			return tx.Raw.RetryIntent(ctx, late[0], now.Add(time.Hour), "no")
		})
		require.Equal(t, ids, ready(t, st, sc, now))
		row := st.Reader().Intent.GetX(scope.With(t.Context(), sc), late[0])
		require.Equal(t, "no", row.LastError)
		require.Equal(t, 1, row.Attempts)
	})
}

func TestLeaseIntent_KeepsARowFromOthersUntilItEnds(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		sc := newTenant(t, st)
		put(t, st, newTenant(t, st), now, "")
		ids := put(t, st, sc, now, "", "")
		first, more := lease(t, st, sc, now)
		require.Equal(t, ids[0], first.ID)
		require.Equal(t, 1, first.Attempts)
		require.True(t, more)
		second, more := lease(t, st, sc, now)
		require.Equal(t, ids[1], second.ID)
		require.False(t, more)
		none, more := lease(t, st, sc, now)
		require.Nil(t, none)
		require.False(t, more)
		again, _ := lease(t, st, sc, now.Add(2*time.Minute))
		require.Equal(t, ids[0], again.ID, "leases end")
		require.Equal(t, 2, again.Attempts)

		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
			return tx.Raw.ReleaseIntent(ctx, ids[1], now.Add(time.Hour), "mail host is down")
		})
		none, _ = lease(t, st, sc, now.Add(2*time.Minute))
		require.Nil(t, none)
		again, _ = lease(t, st, sc, now.Add(time.Hour))
		require.Equal(t, ids[0], again.ID)
	})
}

func TestLeaseIntent_EightWorkersTakeEachRowOnce(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC()
		sc := newTenant(t, st)
		want := put(t, st, sc, now, make([]string, 60)...)
		var mu sync.Mutex
		var got []uuid.UUID
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					taken, _ := lease(t, st, sc, now)
					if taken == nil {
						return
					}
					mu.Lock()
					got = append(got, taken.ID)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		require.ElementsMatch(t, want, got)
	})
}

func TestIntents_EndOnceAndForgetTheirPayload(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		sc, other := newTenant(t, st), newTenant(t, st)
		ids := put(t, st, sc, now, "", "", "", "")
		require.Equal(t, 4, backlog(t, st).Ready)
		do(t, st, other, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.IntentsDone(ctx, now, ids...)
			require.Zero(t, n, "another tenant's")
			return err
		})
		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.IntentsDone(ctx, now, ids[0])
			require.NoError(t, err)
			require.Equal(t, 1, n)
			n, err = tx.Raw.IntentsDone(ctx, now, ids[0])
			require.NoError(t, err)
			require.Zero(t, n, "someone else was faster")
			n, err = tx.Raw.IntentsDropped(ctx, now, "expired", ids[1])
			require.NoError(t, err)
			require.Equal(t, 1, n)
			n, err = tx.Raw.IntentsDead(ctx, now, "refused", ids[2])
			require.NoError(t, err)
			require.Equal(t, 1, n)
			n, err = tx.Raw.IntentsDone(ctx, now)
			require.NoError(t, err)
			require.Zero(t, n)
			return nil
		})
		ctx := scope.With(t.Context(), sc)
		require.Empty(t, st.Reader().Intent.GetX(ctx, ids[0]).Payload)
		require.Equal(t, "done", st.Reader().Intent.GetX(ctx, ids[0]).State)
		require.Equal(t, "expired", st.Reader().Intent.GetX(ctx, ids[1]).LastError)
		dead := st.Reader().Intent.GetX(ctx, ids[2])
		require.Equal(t, "dead", dead.State)
		require.Equal(t, []byte("sealed"), dead.Payload, "an operator may have it tried again")
		taken, _ := lease(t, st, sc, now)
		require.Equal(t, ids[3], taken.ID)
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.ReleaseAllIntents(ctx, now)
			require.Equal(t, 1, n)
			return err
		})
		require.Equal(t, ids[3:], ready(t, st, sc, now))
		left := backlog(t, st)
		require.WithinDuration(t, now, left.Due, time.Minute)
		left.Due = time.Time{}
		require.Equal(t, rawsql.Backlog{Kind: left.Kind, Ready: 1, Dead: 1}, left)
		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
			return tx.Raw.ReleaseIntent(ctx, ids[3], now.Add(time.Hour), "try again")
		})
		require.WithinDuration(t, now.Add(time.Hour), backlog(t, st).Due, time.Second, "it was written long ago, and is not due")
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.IntentsDone(ctx, now, ids...)
			return err
		})
		require.Equal(t, rawsql.Backlog{Kind: left.Kind, Dead: 1}, backlog(t, st))
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.DeleteExpired(ctx, rawsql.DoneIntents, now.Add(time.Second), 10)
			require.NoError(t, err)
			require.Equal(t, 2, n, "dead ones stay")
			n, err = tx.Raw.DeleteExpired(ctx, rawsql.DroppedIntents, now.Add(time.Second), 10)
			require.NoError(t, err)
			mails, err := tx.Raw.DeleteExpired(ctx, rawsql.DroppedMails, now.Add(time.Second), 10)
			require.Equal(t, 1, n+mails)
			return err
		})
	})
}

func backlog(t *testing.T, st *store.Store) rawsql.Backlog {
	t.Helper()
	b, err := st.Raw().OutboxBacklog(scope.With(t.Context(), system))
	require.NoError(t, err)
	require.Len(t, b, 1)
	return b[0]
}
