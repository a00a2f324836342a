package admin_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// TestListUsers_FindsDeepPagesFromWhereverIsNearest has so many users that their number and the places of pages are remembered.
func TestListUsers_FindsDeepPagesFromWhereverIsNearest(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		const n, perPage = 6000, 100
		newestFirst := make([]uuid.UUID, n)
		at := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
		for i := 0; i < n; i += 500 {
			require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
				rows := each(500, tx.User.Create)
				for j, row := range rows {
					id := uuid.Must(uuid.NewV7())
					newestFirst[n-1-i-j] = id
					row.SetID(id).SetUsername(fmt.Sprintf("u%05d", i+j)).SetCreatedAt(at.Add(time.Duration((i+j)/10) * time.Millisecond))
				}
				return tx.User.CreateBulk(rows...).Exec(ctx)
			}))
		}
		admin := shop.Admin(t)
		oldestFirst := slices.Clone(newestFirst)
		slices.Reverse(oldestFirst)
		check := func(page int, direction string, want []uuid.UUID) {
			t.Helper()
			found, r := list(t, admin, fmt.Sprintf("?per_page=%d&page=%d&sort_direction=%s", perPage, page, direction))
			require.Equal(t, want[(page-1)*perPage:min(page*perPage, len(want))], ids(found), "page %d, %s", page, direction)
			require.Equal(t, fmt.Sprint(n), r.Header.Get("X-Total-Count"))
		}
		for _, page := range []int{30, 31, 32, 59, 60, 41, 42, 25, 1, 2, 33, 22} {
			check(page, "desc", newestFirst)
			check(page, "asc", oldestFirst)
		}
		found, _ := list(t, admin, "?per_page=7000&page=1")
		require.Equal(t, newestFirst, ids(found))
		found, _ = list(t, admin, "?per_page=100&page=61")
		require.Empty(t, found)
		found, _ = list(t, admin, "?per_page=100&page=45&username_prefix=u")
		require.Equal(t, oldestFirst[4400:4500], ids(found))
	})
}

// each makes so many of something.
func each[T any](n int, create func() T) []T {
	made := make([]T, n)
	for i := range made {
		made[i] = create()
	}
	return made
}
