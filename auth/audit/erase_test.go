package audit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/scope"
)

func deletion(records []audit.Record) audit.Record {
	records[0].Type = string(event.UserDeleted)
	return records[0]
}

func TestErase_TakesWhatIsPersonalAndTheChainHolds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		kim, sam := r.person(t, r.shop), r.person(t, r.shop)
		r.append(t, r.shop, some(1100, kim)[:900]...)
		r.append(t, r.shop, some(200, kim)...)
		r.append(t, r.shop, some(2, sam)...)
		r.append(t, r.bank, some(2, kim)...)
		r.leave(t, r.shop, kim)
		r.append(t, r.shop, deletion(some(1, kim)))
		orders, err := r.store.Reader().Intent.Query().Where(intent.Kind(audit.KindErase)).Count(scope.With(t.Context(), scope.Tenant(r.shop.ID)))
		require.NoError(t, err)
		require.Equal(t, 1, orders, "the worker is told")

		n, err := audit.Erase(t.Context(), r.store, r.shop.ID, *kim)

		require.NoError(t, err)
		require.Equal(t, 1101, n)
		for _, row := range r.rows(t, r.shop) {
			if *row.ActorUserID == *sam {
				require.Nil(t, row.ErasedAt)
				require.NotEmpty(t, row.MetaUserAgent)
				continue
			}
			require.NotNil(t, row.ErasedAt)
			require.Empty(t, *row.Salt)
			require.Nil(t, row.ActorEmail)
			require.Empty(t, row.Error+row.MetaSourceIP+row.MetaUserAgent)
			require.JSONEq(t, "{}", string(row.Details))
		}
		require.EqualValues(t, 1101, r.whole(t, r.shop).Erased)
		require.Zero(t, r.whole(t, r.bank).Erased, "another tenant's")
		n, err = audit.Erase(t.Context(), r.store, r.shop.ID, *kim)
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestErase_ReachesRecordsThatComeLate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		kim, sam := r.person(t, r.shop), r.person(t, r.shop)
		r.leave(t, r.shop, kim)
		r.append(t, r.shop, deletion(some(1, kim)))
		_, err := audit.Erase(t.Context(), r.store, r.shop.ID, *kim)
		require.NoError(t, err)

		r.append(t, r.shop, append(some(2, kim), some(2, sam)...)...)

		rows := r.rows(t, r.shop)
		for _, row := range rows[1:3] {
			require.NotNil(t, row.ErasedAt)
			require.Empty(t, row.MetaSourceIP+row.MetaUserAgent)
			require.Empty(t, *row.Salt)
		}
		require.Nil(t, rows[3].ErasedAt)
		require.EqualValues(t, 3, r.whole(t, r.shop).Erased)
	})
}

func TestErase_ALogThatWasPrunedExplainsOnlyThoseWhoAreGone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		kim, sam := r.person(t, r.shop), r.person(t, r.shop)
		r.leave(t, r.shop, kim)
		r.append(t, r.shop, deletion(some(1, kim)))
		_, err := audit.Erase(t.Context(), r.store, r.shop.ID, *kim)
		require.NoError(t, err)
		late := some(3, kim)[2:]
		r.append(t, r.shop, append(late, some(4, sam)[3:]...)...)
		n, err := r.keeper.Prune(t.Context(), r.shop.ID, late[0].CreatedAt, 10, 0)
		require.NoError(t, err)
		require.Equal(t, 1, n)

		require.EqualValues(t, 1, r.whole(t, r.shop).Erased)

		r.tamper(t, `UPDATE audit_logs SET error = '', meta_source_ip = '', meta_user_agent = '', actor_email = NULL, details = '{}', salt = NULL, erased_at = created_at WHERE sequence = 3`)
		require.Contains(t, r.verify(t, r.shop).Problem.Reason, "no record says")
	})
}

func TestErase_IsNotOrderedWhereTheDeploymentKeepsRecords(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.appender = audit.NewAppender(nil, false)
		kim := r.person(t, r.shop)
		r.leave(t, r.shop, kim)
		r.append(t, r.shop, deletion(some(1, kim)))
		r.append(t, r.shop, some(1, kim)...)
		require.Zero(t, r.whole(t, r.shop).Erased)
	})
}
