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

func claim(t testing.TB, st *store.Store, c rawsql.Claim) (out rawsql.Claimed) {
	t.Helper()
	if c.Lease == 0 {
		c.Lease = time.Minute
	}
	if c.Kinds == nil {
		c.Kinds = []string{"mail"}
	}
	do(t, st, system, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.Raw.ClaimIntents(ctx, c)
		return err
	})
	return out
}

func idsOf(c rawsql.Claimed) []uuid.UUID {
	ids := make([]uuid.UUID, len(c.Intents))
	for i, it := range c.Intents {
		ids[i] = it.ID
	}
	return ids
}

func TestClaimIntents_GivesEachTenantItsTurn(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		loud, quiet, third := newTenant(t, st), newTenant(t, st), newTenant(t, st)
		first := put(t, st, loud, now, make([]string, 50)...)
		second := put(t, st, quiet, now, "")
		put(t, st, third, now.Add(time.Hour), "") // not due yet

		got := claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 3})
		require.Equal(t, append(first[:3:3], second...), idsOf(got), "three of the loud one, and the quiet one is not kept waiting")
		require.True(t, got.More)
		require.Equal(t, uuid.Nil, got.Last, "the round is complete")
		it := got.Intents[3]
		require.Equal(t, quiet.TenantID(), it.TenantID)
		require.Equal(t, "mail", it.Kind)
		require.Equal(t, []byte("sealed"), it.Payload)
		require.Equal(t, 1, it.Attempts)
		require.Nil(t, it.NotAfter)
		require.WithinDuration(t, now, it.CreatedAt, time.Minute)

		got = claim(t, st, rawsql.Claim{Now: now, Tenants: 1, PerTenant: 3})
		require.Equal(t, first[3:6], idsOf(got), "what is leased is not handed out twice")
		require.Equal(t, loud.TenantID(), got.Last)
		got = claim(t, st, rawsql.Claim{Now: now, Tenants: 1, PerTenant: 3, After: got.Last})
		require.Empty(t, got.Intents, "the rest of the round has nothing due")
		require.Equal(t, uuid.Nil, got.Last)
		require.False(t, got.More)

		got = claim(t, st, rawsql.Claim{Now: now.Add(2 * time.Minute), Tenants: 5, PerTenant: 100})
		require.ElementsMatch(t, append(first, second...), idsOf(got), "leases end")
		require.Equal(t, 2, got.Intents[0].Attempts)
	})
}

func TestClaimIntents_KeepsTheOrderOfAKey(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		sc := newTenant(t, st)
		ids := put(t, st, sc, now, "k", "k", "other", "k", "")
		got := claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 1})
		require.Equal(t, ids[:1], idsOf(got))
		got = claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10})
		require.Equal(t, []uuid.UUID{ids[2], ids[4]}, idsOf(got), "the later ones of the key wait for the one that is leased")

		do(t, st, sc, func(ctx context.Context, tx *store.Tx) error { // with the scope of the tenant, as a worker does
			require.NoError(t, tx.Raw.ReleaseIntent(ctx, ids[0], now.Add(time.Hour), "mail host is down"))
			return nil
		})
		require.Empty(t, claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10}).Intents, "and while it waits for its next attempt")
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.IntentsDone(ctx, now, ids[0])
			require.Equal(t, 1, n)
			return err
		})
		require.Equal(t, []uuid.UUID{ids[1], ids[3]}, idsOf(claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10})), "in order, together")
	})
}

func TestPostponeIntent_GivesARowBackUntried(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		sc, other := newTenant(t, st), newTenant(t, st)
		ids := put(t, st, sc, now, "")
		all := rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10}
		require.Equal(t, 1, claim(t, st, all).Intents[0].Attempts)
		postpone := func(sc scope.Scope) {
			do(t, st, sc, func(ctx context.Context, tx *store.Tx) error { return tx.Raw.PostponeIntent(ctx, ids[0], now) })
		}
		postpone(other)
		require.Empty(t, claim(t, st, all).Intents, "it is another tenant's")
		postpone(sc)
		require.Equal(t, 1, claim(t, st, all).Intents[0].Attempts, "as if it had not been taken")
	})
}

func TestClaimIntents_EightRelaysTakeEachRowOnce(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC()
		var want []uuid.UUID
		for range 3 {
			want = append(want, put(t, st, newTenant(t, st), now, append(make([]string, 20), "k", "k", "k")...)...)
		}
		var mu sync.Mutex
		var got []uuid.UUID
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 30 {
					c := claim(t, st, rawsql.Claim{Now: now, Tenants: 2, PerTenant: 3})
					if len(c.Intents) == 0 {
						c = claim(t, st, rawsql.Claim{Now: now, Tenants: 2, PerTenant: 3, After: c.Last})
					}
					mu.Lock()
					got = append(got, idsOf(c)...)
					mu.Unlock()
					do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
						_, err := tx.Raw.IntentsDone(ctx, now, idsOf(c)...)
						return err
					})
				}
			})
		}
		wg.Wait()
		require.ElementsMatch(t, want, got)
	})
}

func TestClaimIntents_WalksPastManyTenantsThatWait(t *testing.T) {
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
			got := claim(t, st, rawsql.Claim{Now: now, Tenants: 2, PerTenant: 1, After: after})
			if rounds++; len(got.Intents) > 0 {
				require.Equal(t, want, idsOf(got))
				break
			}
			require.True(t, got.More, "whoever is told that there is more comes again at once")
			require.NotEqual(t, uuid.Nil, got.Last)
			after = got.Last
			require.Less(t, rounds, 10)
		}
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
		require.Equal(t, ids[3:], idsOf(claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10})))
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.ReleaseAllIntents(ctx, now)
			require.Equal(t, 1, n)
			return err
		})
		require.Equal(t, ids[3:], idsOf(claim(t, st, rawsql.Claim{Now: now, Tenants: 5, PerTenant: 10})))
		left := backlog(t, st)
		require.WithinDuration(t, now, left.Oldest, time.Minute)
		left.Oldest = time.Time{}
		require.Equal(t, rawsql.Backlog{Kind: left.Kind, Ready: 1, Dead: 1}, left)
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.IntentsDone(ctx, now, ids...)
			return err
		})
		require.Equal(t, rawsql.Backlog{Kind: left.Kind, Dead: 1}, backlog(t, st))
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.DeleteExpired(ctx, rawsql.DoneIntents, now.Add(time.Second), 10)
			require.Equal(t, 3, n, "dead ones stay")
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

func TestClaimIntents_LeavesKindsThatNobodyAskedForWhereTheyAre(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		tenant := newTenant(t, st)
		do(t, st, tenant, func(ctx context.Context, tx *store.Tx) error {
			for _, kind := range []string{"webhook", "mail", "audit"} {
				tx.Intent.Create().SetKind(kind).SetPayload([]byte("sealed")).SetAvailableAt(now).ExecX(ctx)
			}
			return nil
		})

		got := claim(t, st, rawsql.Claim{Now: now, Kinds: []string{"mail", "audit"}, Tenants: 5, PerTenant: 5})

		require.Len(t, got.Intents, 2)
		for _, it := range got.Intents {
			require.NotEqual(t, "webhook", it.Kind)
		}
		require.Len(t, claim(t, st, rawsql.Claim{Now: now, Kinds: []string{"webhook"}, Tenants: 5, PerTenant: 5}).Intents, 1)
	})
}
