package rawsql_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func amounts(t *testing.T, st *store.Store, tenant uuid.UUID) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	for _, row := range st.Reader().UsageDay.Query().AllX(scope.With(t.Context(), scope.Tenant(tenant))) {
		found[row.Metric] += row.Amount
	}
	return found
}

func TestAddUsage_MakesCountersAndAddsToThemWhoeverIsAtIt(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop, bank := newTenant(t, st), newTenant(t, st)
		const writers, rounds = 4, 10
		var running sync.WaitGroup
		for range writers {
			running.Go(func() {
				for range rounds {
					counts := []rawsql.UsageCount{{shop.TenantID(), 7, "b", 2}, {shop.TenantID(), 7, "a", 1}, {bank.TenantID(), 7, "a", 5}, {shop.TenantID(), 7, "c", 0}}
					for {
						err := st.Do(t.Context(), system, func(ctx context.Context, tx *store.Tx) error { return tx.Raw.AddUsage(ctx, counts...) })
						if !store.IsUniqueViolation(err) {
							if err != nil {
								t.Error(err)
							}
							break
						}
					}
				}
			})
		}
		running.Wait()
		require.Equal(t, map[string]int64{"a": writers * rounds, "b": 2 * writers * rounds}, amounts(t, st, shop.TenantID()))
		require.Equal(t, map[string]int64{"a": 5 * writers * rounds}, amounts(t, st, bank.TenantID()))

		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			return tx.Raw.AddUsage(ctx, rawsql.UsageCount{TenantID: shop.TenantID(), Day: 7, Metric: "a", Amount: -3})
		})
		require.EqualValues(t, writers*rounds-3, amounts(t, st, shop.TenantID())["a"])
		err := st.Do(t.Context(), shop, func(ctx context.Context, tx *store.Tx) error {
			return tx.Raw.AddUsage(ctx, rawsql.UsageCount{TenantID: bank.TenantID(), Day: 7, Metric: "a", Amount: 1})
		})
		require.ErrorIs(t, err, rawsql.ErrNeedsSystem, "another tenant's")
	})
}

func TestAddUsage_TakesMoreCountersThanAStatement(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop := newTenant(t, st)
		var counts []rawsql.UsageCount
		for day := range 450 {
			counts = append(counts, rawsql.UsageCount{TenantID: shop.TenantID(), Day: day, Metric: "a", Amount: 1})
		}
		for range 2 {
			do(t, st, shop, func(ctx context.Context, tx *store.Tx) error { return tx.Raw.AddUsage(ctx, counts...) })
		}
		require.EqualValues(t, 900, amounts(t, st, shop.TenantID())["a"])
	})
}

func TestUsageOfTenants_SumsAndPages(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		var ids []uuid.UUID
		for i := range 4 {
			sc := newTenant(t, st)
			ids = append(ids, sc.TenantID())
			do(t, st, sc, func(ctx context.Context, tx *store.Tx) error {
				return tx.Raw.AddUsage(ctx, rawsql.UsageCount{sc.TenantID(), 10, "people", int64(i / 2)}, rawsql.UsageCount{sc.TenantID(), 11, "x/a/ok", 1},
					rawsql.UsageCount{sc.TenantID(), 11, "x/b/ok", 2}, rawsql.UsageCount{sc.TenantID(), 12, "people", 100})
			})
		}
		ctx := scope.With(t.Context(), system)
		ask := rawsql.UsageAsk{From: 10, To: 11, Groups: []string{"people", "x/%/ok"}, Limit: 3}
		page, err := st.Raw().UsageOfTenants(ctx, ask)
		require.NoError(t, err)
		require.Len(t, page, 3)
		require.Equal(t, []uuid.UUID{ids[2], ids[3], ids[0]}, []uuid.UUID{page[0].TenantID, page[1].TenantID, page[2].TenantID})
		require.Equal(t, []int64{1, 3}, page[0].Amounts)
		ask.Behind, ask.Amount = page[0].TenantID, 1
		page, err = st.Raw().UsageOfTenants(ctx, ask)
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{ids[3], ids[0], ids[1]}, []uuid.UUID{page[0].TenantID, page[1].TenantID, page[2].TenantID})
		ask.By, ask.Behind, ask.Only = -1, ids[0], []uuid.UUID{ids[0], ids[2]}
		page, err = st.Raw().UsageOfTenants(ctx, ask)
		require.NoError(t, err)
		require.Len(t, page, 1)
		require.Equal(t, ids[2], page[0].TenantID)
		ask.Only = []uuid.UUID{}
		page, err = st.Raw().UsageOfTenants(ctx, ask)
		require.NoError(t, err)
		require.Empty(t, page, "nowhere is not everywhere")
		_, err = st.Raw().UsageOfTenants(scope.With(t.Context(), scope.Tenant(ids[0])), ask)
		require.ErrorIs(t, err, rawsql.ErrNeedsSystem)

		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Raw.DeleteUsage(ctx, 12, 0, 100)
			require.Equal(t, 10, n) // no counter was made for nothing
			return err
		})
		require.Equal(t, map[string]int64{"people": 100}, amounts(t, st, ids[0]))
	})
}
