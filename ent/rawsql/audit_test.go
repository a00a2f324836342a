package rawsql_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func TestAuditRecords_AreATenantsOwnNewestFirst(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		at := time.Date(2026, 11, 1, 12, 0, 0, 123456000, time.UTC)
		kim := uuid.MustParse("0193aaaa-0000-7000-8000-00000000000a")
		a, b := newTenant(t, st), newTenant(t, st)
		for _, owner := range []scope.Scope{a, b} {
			do(t, st, owner, func(ctx context.Context, tx *store.Tx) error {
				for i := range 6 {
					row := tx.AuditLog.Create().SetSequence(int64(i)).SetType(fmt.Sprintf("t%d", i)).SetCreatedAt(at.Add(time.Duration(i/2) * time.Microsecond))
					if i == 5 {
						row.SetActorUserID(kim).SetActorEmail("100%_!@shop.example").SetMetaSourceIP("192.0.2.7").SetDetails([]byte(`{"a": 1}`)).
							SetError("it failed").SetMetaHTTPRequestID("id").SetMetaUserAgent("agent")
					}
					row.ExecX(ctx)
				}
				return nil
			})
		}
		ctx := scope.With(t.Context(), a)
		raw := st.Raw()
		all, err := raw.AuditRecords(ctx, rawsql.AuditFilter{}, rawsql.AuditPage{Limit: 100})
		require.NoError(t, err)
		require.Len(t, all, 6)
		newest := all[0]
		if newest.Type == "t4" { // of two at the same time, the greater id comes first
			newest = all[1]
		}
		require.JSONEq(t, `{"a": 1}`, string(newest.Details))
		newest.Details, newest.ID, newest.UpdatedAt = nil, uuid.Nil, time.Time{}
		require.Equal(t, rawsql.AuditRecord{
			Type: "t5", Error: "it failed", RequestID: "id", SourceIP: "192.0.2.7", UserAgent: "agent", ActorUserID: &kim, ActorEmail: "100%_!@shop.example",
			CreatedAt: at.Add(2 * time.Microsecond),
		}, newest)
		require.Nil(t, all[5].ActorUserID)
		require.Empty(t, all[5].ActorEmail)

		var walked []rawsql.AuditRecord
		page := rawsql.AuditPage{Limit: 1}
		for range 6 {
			found, err := raw.AuditRecords(ctx, rawsql.AuditFilter{}, page)
			require.NoError(t, err)
			require.Len(t, found, 1)
			walked = append(walked, found...)
			page.Behind = &rawsql.AuditPlace{CreatedAt: found[0].CreatedAt, ID: found[0].ID}
		}
		require.Equal(t, all, walked)
		found, err := raw.AuditRecords(ctx, rawsql.AuditFilter{}, page)
		require.NoError(t, err)
		require.Empty(t, found)

		for want, f := range map[string]rawsql.AuditFilter{
			"6":        {},
			"4":        {After: at},
			"2":        {Before: at.Add(time.Microsecond)},
			"2 types":  {Types: []string{"t0", "t5", "none"}},
			"1 id":     {ActorUserID: kim},
			"1 part":   {ActorIDPart: "aaaa-0000"},
			"1 %":      {ActorEmailPart: "100%"},
			"1 _":      {ActorEmailPart: "%_!"},
			"0 _":      {ActorEmailPart: "1_0"},
			"1 ip":     {SourceIPPart: "2.0.2"},
			"1 any":    {Any: "shop"},
			"1 any ip": {Any: "192."},
			"1 any id": {Any: "0193"},
			"0 both":   {Any: "0193", Types: []string{"t0"}},
		} {
			n, err := raw.CountAuditRecords(ctx, f, 0)
			require.NoError(t, err)
			require.Equal(t, int(want[0]-'0'), n, want)
			found, err := raw.AuditRecords(ctx, f, rawsql.AuditPage{Limit: 100})
			require.NoError(t, err)
			require.Len(t, found, n, want)
		}
		n, err := raw.CountAuditRecords(ctx, rawsql.AuditFilter{}, 4)
		require.NoError(t, err)
		require.Equal(t, 4, n, "no more than asked for")
		_, err = raw.AuditRecords(scope.With(t.Context(), system), rawsql.AuditFilter{}, rawsql.AuditPage{Limit: 1})
		require.ErrorIs(t, err, rawsql.ErrNeedsTenant)
		_, err = raw.CountAuditRecords(t.Context(), rawsql.AuditFilter{}, 0)
		require.Error(t, err)
	})
}

func TestAuditSteps_WalkOverAllTenantsInOrder(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		at := time.Date(2026, 11, 1, 12, 0, 0, 123456000, time.UTC)
		a, b := newTenant(t, st), newTenant(t, st)
		for i := range 6 {
			do(t, st, []scope.Scope{a, b}[i%2], func(ctx context.Context, tx *store.Tx) error {
				return tx.AuditLog.Create().SetSequence(int64(i + 1)).SetType("t").SetCreatedAt(at.Add(time.Duration(i/3) * time.Second)).Exec(ctx)
			})
		}
		ctx := scope.With(t.Context(), system)
		var seen []int64
		owners := map[uuid.UUID]int{}
		place := rawsql.AuditPlace{CreatedAt: at}
		for range 3 {
			steps, err := st.Raw().AuditSteps(ctx, place, at.Add(time.Minute), 2)
			require.NoError(t, err)
			require.Len(t, steps, 2)
			for _, s := range steps {
				seen = append(seen, s.Sequence)
				owners[s.TenantID]++
			}
			place = steps[1].Place()
		}
		require.ElementsMatch(t, []int64{1, 2, 3}, seen[:3])
		require.ElementsMatch(t, []int64{4, 5, 6}, seen[3:])
		require.Equal(t, map[uuid.UUID]int{a.TenantID(): 3, b.TenantID(): 3}, owners)
		none, err := st.Raw().AuditSteps(ctx, place, at.Add(time.Minute), 2)
		require.NoError(t, err)
		require.Empty(t, none)
		early, err := st.Raw().AuditSteps(ctx, rawsql.AuditPlace{CreatedAt: at}, at.Add(time.Second), 10)
		require.NoError(t, err)
		require.Len(t, early, 3, "the bound excludes itself")
		_, err = st.Raw().AuditSteps(scope.With(t.Context(), a), place, at, 2)
		require.ErrorIs(t, err, rawsql.ErrNeedsSystem)
	})
}

func TestAuditCheckpoints_AreTheNewestOfEachTenant(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b, c := newTenant(t, st), newTenant(t, st), newTenant(t, st)
		for _, n := range []int64{5, 9, 7} {
			do(t, st, a, func(ctx context.Context, tx *store.Tx) error {
				return tx.AuditCheckpoint.Create().SetSequence(n).SetHash([]byte("h")).SetSignature("s").Exec(ctx)
			})
		}
		do(t, st, b, func(ctx context.Context, tx *store.Tx) error {
			return tx.AuditCheckpoint.Create().SetSequence(2).SetHash([]byte{}).SetSignature("s").Exec(ctx)
		})
		ctx := scope.With(t.Context(), system)
		found, err := st.Raw().AuditCheckpoints(ctx, a.TenantID(), b.TenantID(), c.TenantID())
		require.NoError(t, err)
		require.Equal(t, map[uuid.UUID]int64{a.TenantID(): 9, b.TenantID(): 2}, found)
		found, err = st.Raw().AuditCheckpoints(ctx)
		require.NoError(t, err)
		require.Empty(t, found)
		_, err = st.Raw().AuditCheckpoints(scope.With(t.Context(), a), a.TenantID())
		require.ErrorIs(t, err, rawsql.ErrNeedsSystem)
	})
}

func TestDeleteAuditRecords_TakesTheOldestOfOneTenant(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := newTenant(t, st), newTenant(t, st)
		for _, owner := range []scope.Scope{a, b} {
			do(t, st, owner, func(ctx context.Context, tx *store.Tx) error {
				for i := range 5 {
					tx.AuditLog.Create().SetSequence(int64(i + 1)).SetType("t").ExecX(ctx)
				}
				return nil
			})
		}
		for _, want := range []int{2, 1, 0} {
			do(t, st, a, func(ctx context.Context, tx *store.Tx) error {
				n, err := tx.Raw.DeleteAuditRecords(ctx, 3, 2)
				require.NoError(t, err)
				require.Equal(t, want, n)
				return nil
			})
		}
		require.Equal(t, 2, st.Reader().AuditLog.Query().CountX(scope.With(t.Context(), a)))
		require.Equal(t, 5, st.Reader().AuditLog.Query().CountX(scope.With(t.Context(), b)))
		do(t, st, system, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Raw.DeleteAuditRecords(ctx, 3, 2)
			require.ErrorIs(t, err, rawsql.ErrNeedsTenant)
			return nil
		})
	})
}
