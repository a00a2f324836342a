package rawsql_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func endpoint(t testing.TB, st *store.Store, sc scope.Scope, due time.Time) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
		return tx.WebhookEndpoint.Create().SetID(id).SetDueAt(due).Exec(ctx)
	})
	return id
}

func endpointRow(t testing.TB, st *store.Store, sc scope.Scope, id uuid.UUID) *ent.WebhookEndpoint {
	t.Helper()
	row, err := st.Reader().WebhookEndpoint.Get(scope.With(t.Context(), sc), id)
	require.NoError(t, err)
	return row
}

// waiting writes deliveries to an endpoint that are due at a time, one for each ordering key.
func waiting(t testing.TB, st *store.Store, sc scope.Scope, to uuid.UUID, at time.Time, ordering ...string) []uuid.UUID {
	t.Helper()
	ids := make([]uuid.UUID, len(ordering))
	do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
		for i, key := range ordering {
			ids[i] = uuid.Must(uuid.NewV7())
			tx.WebhookDelivery.Create().SetID(ids[i]).SetMessageID(uuid.Must(uuid.NewV7())).SetEndpointID(to).SetEvent("user.login").SetOrdering(key).
				SetState("waiting").SetPayload([]byte("sealed")).SetOccurredAt(at).SetAvailableAt(at).SetGiveUpAt(at.Add(time.Hour)).ExecX(ctx)
		}
		return nil
	})
	return ids
}

func dueIDs(t testing.TB, st *store.Store, sc scope.Scope, to uuid.UUID, at time.Time, limit int) []uuid.UUID {
	t.Helper()
	var ids []uuid.UUID
	do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
		due, err := tx.Raw.DueDeliveries(ctx, to, at, limit)
		for _, d := range due {
			ids = append(ids, d.ID)
		}
		return err
	})
	return ids
}

func nextDelivery(t testing.TB, st *store.Store, sc scope.Scope, to uuid.UUID) (at time.Time, ok bool) {
	t.Helper()
	do(t, st, sc, func(ctx context.Context, tx *store.Tx) (err error) {
		at, ok, err = tx.Raw.NextDelivery(ctx, to)
		return err
	})
	return at, ok
}

func TestClaimEndpoints_TakesTheLongestWaitingAndNoneTwice(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		shop, bank := newTenant(t, st), newTenant(t, st)
		second, first := endpoint(t, st, shop, now.Add(-time.Second)), endpoint(t, st, bank, now.Add(-time.Minute))
		third := endpoint(t, st, shop, now)
		endpoint(t, st, shop, now.Add(time.Second))
		claim := func(at time.Time, limit int) (got []rawsql.ClaimedEndpoint) {
			do(t, st, system, func(ctx context.Context, tx *store.Tx) (err error) {
				got, err = tx.Raw.ClaimEndpoints(ctx, at, 30*time.Second, limit)
				return err
			})
			return got
		}
		got := claim(now, 2)
		require.Len(t, got, 2)
		require.Equal(t, []uuid.UUID{first, second}, []uuid.UUID{got[0].ID, got[1].ID})
		require.Equal(t, bank.TenantID(), got[0].TenantID)
		require.Equal(t, now.Add(30*time.Second), got[0].Until)
		require.Equal(t, third, claim(now, 10)[0].ID)
		require.Empty(t, claim(now, 10))

		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			require.NoError(t, tx.Raw.WakeEndpoints(ctx, now, second, first))
			require.NoError(t, tx.Raw.ReleaseEndpoint(ctx, got[0], now)) // another tenant's
			stale := got[1]
			stale.Until = stale.Until.Add(time.Second)
			return tx.Raw.ReleaseEndpoint(ctx, stale, now)
		})
		require.Empty(t, claim(now, 10), "who is at work is left alone")
		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			return tx.Raw.ReleaseEndpoint(ctx, got[1], now.Add(-time.Hour))
		})
		require.Equal(t, second, claim(now, 10)[0].ID)
		require.Len(t, claim(now.Add(time.Minute), 10), 4, "leases end")
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.ReleaseAllEndpoints(ctx, now)
			require.Equal(t, 4, n)
			return err
		})
		require.Len(t, claim(now, 10), 4)

		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.ClaimEndpoints(ctx, now, time.Second, 1)
			require.ErrorIs(t, err, rawsql.ErrNeedsSystem)
			return nil
		})
	})
}

func TestClaimEndpoints_ManyClaimersShareTheWork(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		shop := newTenant(t, st)
		for range 20 {
			endpoint(t, st, shop, now)
		}
		var mu sync.Mutex
		seen := map[uuid.UUID]int{}
		var running sync.WaitGroup
		for range 4 {
			running.Go(func() {
				for {
					var got []rawsql.ClaimedEndpoint
					err := st.Do(t.Context(), system, func(ctx context.Context, tx *store.Tx) (err error) {
						got, err = tx.Raw.ClaimEndpoints(ctx, now, time.Minute, 3)
						return err
					})
					mu.Lock()
					for _, e := range got {
						seen[e.ID]++
					}
					enough := err != nil || len(seen) == 20
					mu.Unlock()
					if enough {
						return
					}
				}
			})
		}
		running.Wait()
		require.Len(t, seen, 20)
		for _, n := range seen {
			require.Equal(t, 1, n)
		}
	})
}

func TestWakeEndpoints_HeedsWhatMayNotBeTriedYet(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		shop := newTenant(t, st)
		past, soon := now.Add(-time.Minute), now.Add(time.Minute)
		for what, c := range map[string]struct {
			due, open, want *time.Time
		}{
			"nothing waits":                           {nil, nil, &now},
			"something is due":                        {&past, nil, &past},
			"something waits for another try":         {&soon, nil, &now},
			"its circuit is open":                     {&soon, &soon, &soon},
			"its circuit is open and nothing waits":   {nil, &soon, &soon},
			"its circuit was open":                    {&soon, &past, &now},
			"its circuit was open and nothing waited": {nil, &past, &now},
		} {
			id := uuid.Must(uuid.NewV7())
			do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
				if err := tx.WebhookEndpoint.Create().SetID(id).SetNillableDueAt(c.due).SetNillableOpenUntil(c.open).Exec(ctx); err != nil {
					return err
				}
				return tx.Raw.WakeEndpoints(ctx, now, id)
			})
			require.Equal(t, c.want.UTC(), endpointRow(t, st, shop, id).DueAt.UTC(), what)
		}
	})
}

func TestDueDeliveries_HoldBackWhatFollowsAFailure(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		shop, bank := newTenant(t, st), newTenant(t, st)
		to, other := uuid.New(), uuid.New()
		ids := waiting(t, st, shop, to, now, "kim", "lee", "kim", "", "")
		waiting(t, st, shop, other, now, "kim")
		later := waiting(t, st, shop, to, now.Add(time.Minute), "lee")
		waiting(t, st, bank, to, now, "kim")
		require.Equal(t, ids, dueIDs(t, st, shop, to, now, 10))
		require.Equal(t, ids[:2], dueIDs(t, st, shop, to, now, 2))

		save := func(tried ...rawsql.TriedDelivery) {
			do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Raw.SaveDeliveries(ctx, now, tried)
				return err
			})
		}
		log := json.RawMessage(`[{"status": 500}]`)
		save(rawsql.TriedDelivery{ID: ids[0], State: "waiting", Attempts: 3, AvailableAt: now.Add(time.Second), AttemptLog: log, LastStatus: 500},
			rawsql.TriedDelivery{ID: ids[3], State: "delivered", Attempts: 1, AvailableAt: now, AttemptLog: log, LastStatus: 200, FinishedAt: &now, Blank: true})
		require.Equal(t, []uuid.UUID{ids[1], ids[4]}, dueIDs(t, st, shop, to, now, 10))
		row := st.Reader().WebhookDelivery.GetX(scope.With(t.Context(), shop), ids[0])
		require.Equal(t, 500, row.LastStatus)
		require.JSONEq(t, string(log), string(row.AttemptLog))
		require.NotEmpty(t, row.Payload)
		require.Nil(t, row.FinishedAt)
		row = st.Reader().WebhookDelivery.GetX(scope.With(t.Context(), shop), ids[3])
		require.Equal(t, "delivered", row.State)
		require.Empty(t, row.Payload)
		require.Equal(t, now, row.FinishedAt.UTC())
		require.Equal(t, []uuid.UUID{ids[1], ids[4], ids[0]}, dueIDs(t, st, shop, to, now.Add(2*time.Second), 3)[:3], "and comes after it")

		next := func() time.Time {
			at, ok := nextDelivery(t, st, shop, to)
			require.True(t, ok)
			return at
		}
		require.Equal(t, now, next())
		for _, i := range []int{1, 4} {
			save(rawsql.TriedDelivery{ID: ids[i], State: "delivered", Attempts: 1, AvailableAt: now, AttemptLog: log, FinishedAt: &now})
		}
		require.Equal(t, now.Add(time.Second), next(), "what is held back is not due")
		save(rawsql.TriedDelivery{ID: ids[0], State: "waiting", Attempts: 4, AvailableAt: now.Add(time.Hour), AttemptLog: log})
		require.Equal(t, ids[2:3], dueIDs(t, st, shop, to, now, 10), "not for ever")
		save(rawsql.TriedDelivery{ID: ids[3], State: "waiting", Attempts: 9, AvailableAt: now, AttemptLog: log})
		require.Equal(t, ids[2:3], dueIDs(t, st, shop, to, now, 10), "what is done with stays so")

		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error { return tx.Raw.HurryDeliveries(ctx, to, now, 10) })
		require.ElementsMatch(t, []uuid.UUID{ids[0], ids[2], later[0]}, dueIDs(t, st, shop, to, now, 10))
		counts, err := st.Raw().CountWaiting(scope.With(t.Context(), shop), []uuid.UUID{to, uuid.New(), other}, 2)
		require.NoError(t, err)
		require.Equal(t, 2, counts[to])
		require.Equal(t, 1, counts[other])
		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.DropDeliveries(ctx, to, now, "user.login", 2)
			require.Equal(t, 2, n)
			return err
		})
		require.Len(t, dueIDs(t, st, shop, to, now, 10), 1)
		_, ok := nextDelivery(t, st, shop, uuid.New())
		require.False(t, ok)
		require.Len(t, dueIDs(t, st, bank, to, now, 10), 1, "nobody else's")
	})
}

func TestReplayDeliveries_TakesOnlyWhatWasAskedFor(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		shop := newTenant(t, st)
		to, other := uuid.New(), uuid.New()
		ids := waiting(t, st, shop, to, now, "", "", "", "")
		waiting(t, st, shop, other, now, "")
		finish := func(i int, state string, blank bool) rawsql.TriedDelivery {
			return rawsql.TriedDelivery{ID: ids[i], State: state, Attempts: 7, AvailableAt: now, AttemptLog: json.RawMessage(`[]`), FinishedAt: &now, Blank: blank}
		}
		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.SaveDeliveries(ctx, now, []rawsql.TriedDelivery{
				finish(0, "dead", false), finish(1, "dead", true), finish(2, "delivered", false), finish(3, "dead", false),
			})
			require.Equal(t, 4, n)
			return err
		})
		later := now.Add(time.Minute)
		replay := func(r rawsql.Replay) (n int) {
			do(t, st, shop, func(ctx context.Context, tx *store.Tx) (err error) {
				n, err = tx.Raw.ReplayDeliveries(ctx, r, later, 1)
				return err
			})
			return n
		}
		r := rawsql.Replay{Endpoints: []uuid.UUID{to}, State: "dead", Before: later, GiveUpAt: later.Add(time.Hour)}
		require.Zero(t, replay(rawsql.Replay{Endpoints: []uuid.UUID{other}, State: "dead", Before: later}))
		require.Zero(t, replay(rawsql.Replay{Endpoints: []uuid.UUID{to}, State: "dead", Before: later, To: now.Add(-time.Hour)}))
		require.Zero(t, replay(rawsql.Replay{Endpoints: []uuid.UUID{to}, State: "dead", Before: later, From: now.Add(time.Hour)}))
		require.Equal(t, 1, replay(r))
		require.Equal(t, 1, replay(r))
		require.Zero(t, replay(r), "what was forgotten cannot be sent again")
		require.ElementsMatch(t, []uuid.UUID{ids[0], ids[3]}, dueIDs(t, st, shop, to, later, 10))
		row := st.Reader().WebhookDelivery.GetX(scope.With(t.Context(), shop), ids[0])
		require.Zero(t, row.Attempts)
		require.Nil(t, row.FinishedAt)
		require.Equal(t, later.Add(time.Hour), row.GiveUpAt.UTC())
	})
}

func TestWebhookFailed_SwitchesOffAtTheSixthInARow(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		shop, bank := newTenant(t, st), newTenant(t, st)
		id := uuid.Must(uuid.NewV7())
		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			return tx.Webhook.Create().SetID(id).SetCallback("https://x.example").SetEvents([]byte("[]")).SetExpiresAt(now).SetUpdatedAt(now.Add(-time.Hour)).Exec(ctx)
		})
		count := func(sc scope.Scope, events int) *ent.Webhook {
			do(t, st, sc, func(ctx context.Context, tx *store.Tx) error { return tx.Raw.WebhookFailed(ctx, id, events, 5) })
			return st.Reader().Webhook.GetX(scope.With(t.Context(), shop), id)
		}
		count(bank, 9)
		row := count(shop, 5)
		require.Equal(t, 5, row.Failures)
		require.True(t, row.Enabled)
		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error { return tx.Raw.WebhookHeard(ctx, id, now.Add(time.Hour)) })
		row = count(shop, 4)
		require.Equal(t, 4, row.Failures)
		require.Equal(t, now.Add(time.Hour), row.ExpiresAt.UTC())
		require.True(t, row.Enabled)
		row = count(shop, 2)
		require.Equal(t, 6, row.Failures)
		require.False(t, row.Enabled)
		require.Equal(t, now.Add(-time.Hour), row.UpdatedAt.UTC(), "nobody changed it")
	})
}
