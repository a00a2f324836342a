package usage_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

func newTenant(t *testing.T, st *store.Store) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(id).SetSlug(id.String()).SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
	}))
	return id
}

func today(t *testing.T, st *store.Store, tenant uuid.UUID) usage.Figures {
	t.Helper()
	report, err := usage.NewRoom(st).Of(t.Context(), tenant, usage.Today(), usage.Today())
	require.NoError(t, err)
	return report.Totals
}

func TestCalls_AreWrittenDownTogetherAndNeitherLostNorDoubled(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop, bank := newTenant(t, st), newTenant(t, st)
		replicas := []*usage.Calls{usage.NewCalls(st, slog.New(slog.DiscardHandler)), usage.NewCalls(st, slog.New(slog.DiscardHandler))}
		var running sync.WaitGroup
		for _, calls := range replicas {
			for range 4 {
				running.Go(func() {
					for i := range 50 {
						calls.Count(shop, usage.PublicCalls)
						calls.Count(bank, usage.AdminCalls)
						if i%20 == 0 {
							if err := calls.Flush(t.Context()); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
		}
		running.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, calls := range replicas {
			calls.Run(ctx) // as the program ends
		}
		require.EqualValues(t, 400, today(t, st, shop).PublicCalls)
		require.EqualValues(t, 400, today(t, st, bank).AdminCalls)
		require.Zero(t, today(t, st, bank).PublicCalls)
	})
}

func TestCalls_OfATenantThatIsGoneDoNotHoldUpOthers(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop := newTenant(t, st)
		calls := usage.NewCalls(st, slog.New(slog.DiscardHandler))
		calls.Count(uuid.New(), usage.PublicCalls)
		calls.Count(shop, usage.PublicCalls)
		require.NoError(t, calls.Flush(t.Context()))
		require.EqualValues(t, 1, today(t, st, shop).PublicCalls)
	})
}

func TestCalls_StayWhileTheDatabaseDoesNotAnswer(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop := newTenant(t, st)
		calls := usage.NewCalls(st, slog.New(slog.DiscardHandler))
		calls.Count(shop, usage.PublicCalls)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, calls.Flush(gone))
		calls.Count(shop, usage.PublicCalls)
		require.NoError(t, calls.Flush(t.Context()))
		require.EqualValues(t, 2, today(t, st, shop).PublicCalls)
	})
}

func TestRoom_GivesUpOldDays(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop := newTenant(t, st)
		now := time.Now()
		old := now.Add(-usage.Retention - 48*time.Hour)
		require.NoError(t, st.Do(t.Context(), scope.Tenant(shop), func(ctx context.Context, tx *store.Tx) error {
			var tally usage.Tally
			tally.Add(old, usage.MailsSent, 1)
			tally.Add(now, usage.MailsSent, 1)
			tally.Active(now, uuid.New())
			return tally.Save(ctx, tx, shop)
		}))
		gone, err := usage.NewRoom(st).Expire(t.Context(), now, 100)
		require.NoError(t, err)
		require.Equal(t, 1, gone)
		require.EqualValues(t, 1, today(t, st, shop).MailsSent)
		require.EqualValues(t, 1, today(t, st, shop).ActivePeople)
	})
}

func TestTally_MovesTheFirstDayOfAPersonWhereRecordsComeLate(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop, kim := newTenant(t, st), uuid.New()
		third := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
		for _, at := range []time.Time{third, third.AddDate(0, 0, 5), third.AddDate(0, 0, -1), third} {
			require.NoError(t, st.Do(t.Context(), scope.Tenant(shop), func(ctx context.Context, tx *store.Tx) error {
				var tally usage.Tally
				tally.Active(at, kim)
				return tally.Save(ctx, tx, shop)
			}))
		}
		day := usage.DayOf(third)
		report, err := usage.NewRoom(st).Of(t.Context(), shop, day-2, day)
		require.NoError(t, err)
		require.Equal(t, []int64{0, 1, 0}, []int64{report.Days[0].ActivePeople, report.Days[1].ActivePeople, report.Days[2].ActivePeople})
		require.Equal(t, []int64{0, 1, 1}, []int64{report.Days[0].MonthlyActive, report.Days[1].MonthlyActive, report.Days[2].MonthlyActive})
	})
}

func TestDay_KnowsItsMonth(t *testing.T) {
	t.Parallel()

	for text, want := range map[string][3]string{
		"2026-11-29": {"2026-11", "2026-11-01", "2026-11-30"}, "2024-02-29": {"2024-02", "2024-02-01", "2024-02-29"}, "1969-12-31": {"1969-12", "1969-12-01", "1969-12-31"},
	} {
		day, err := usage.ParseDay(text)
		require.NoError(t, err)
		require.Equal(t, text, day.String())
		require.Equal(t, want, [3]string{day.Month().String(), day.Month().First().String(), day.Month().Last().String()})
		month, err := usage.ParseMonth(want[0])
		require.NoError(t, err)
		require.Equal(t, day.Month(), month)
	}
	require.Equal(t, "1969-12-31", usage.DayOf(time.Unix(-1, 0)).String())
}
