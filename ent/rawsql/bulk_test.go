package rawsql_test

import (
	"context"
	"errors"
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

func TestInsert_WritesAnyNumberOfRowsIntoTheTenantOfTheScope(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop, other := newTenant(t, st), newTenant(t, st)
		at := time.Date(2024, 5, 1, 2, 3, 4, 567891000, time.UTC)
		const people = 1203 // two statements of 512, and what is left
		users := make([]*ent.User, people)
		members := make([]*ent.MetadataMember, people)
		for i := range users {
			users[i] = &ent.User{ID: uuid.New(), TenantID: other.TenantID(), Name: "Kim ?", CreatedAt: at, UpdatedAt: at}
			members[i] = &ent.MetadataMember{ID: uuid.New(), UserID: users[i].ID, Name: []byte{0, 255}, Value: []byte("v")}
		}
		name, id := "kim", uuid.New()
		users[7].Username, users[7].UsernameID, users[7].UsernameCreatedAt, users[7].BlockedAt = &name, &id, &at, &at
		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.Raw.InsertUsers(ctx, nil), tx.Raw.InsertUsers(ctx, users), tx.Raw.InsertMetadataMembers(ctx, members))
		})
		ctx := scope.With(t.Context(), shop)
		require.Equal(t, people, st.Reader().User.Query().CountX(ctx))
		require.Equal(t, people, st.Reader().MetadataMember.Query().CountX(ctx))
		require.Zero(t, st.Reader().User.Query().CountX(scope.With(t.Context(), other)), "whatever the rows say")
		kim := st.Reader().User.GetX(ctx, users[7].ID)
		require.Equal(t, "kim", *kim.Username)
		require.Equal(t, id, *kim.UsernameID)
		require.Nil(t, kim.UsernameUpdatedAt)
		require.Equal(t, at, kim.BlockedAt.UTC())
		require.Equal(t, at, kim.CreatedAt.UTC())
		require.Equal(t, []byte{0, 255}, st.Reader().MetadataMember.GetX(ctx, members[0].ID).Name)

		err := st.Do(t.Context(), system, func(ctx context.Context, tx *store.Tx) error { return tx.Raw.InsertUsers(ctx, users[:1]) })
		require.ErrorIs(t, err, rawsql.ErrNeedsTenant)
		err = st.Do(t.Context(), other, func(ctx context.Context, tx *store.Tx) error { return tx.Raw.InsertUsers(ctx, users[:1]) })
		require.True(t, store.IsUniqueViolation(err), "%v", err)
		require.Equal(t, "PRIMARY", store.ViolatedKey(err))
	})
}

func TestAttempt_UndoesWhatFailedAndNothingElse(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop := newTenant(t, st)
		broken := errors.New("broken")
		do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
			add := func(name string, failed error) func() error {
				return func() error { return errors.Join(tx.User.Create().SetUsername(name).Exec(ctx), failed) }
			}
			require.NoError(t, tx.Raw.Attempt(ctx, add("a", nil)))
			require.ErrorIs(t, tx.Raw.Attempt(ctx, add("b", broken)), broken)
			require.True(t, store.IsUniqueViolation(tx.Raw.Attempt(ctx, add("a", nil))))
			return tx.Raw.Attempt(ctx, add("c", nil))
		})
		require.Equal(t, 2, st.Reader().User.Query().CountX(scope.With(t.Context(), shop)))
	})
}

func TestUserTenants_LooksIntoAllTenants(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		shop, other := newTenant(t, st), newTenant(t, st)
		kim, sam := uuid.New(), uuid.New()
		for id, sc := range map[uuid.UUID]scope.Scope{kim: shop, sam: other} {
			do(t, st, sc, func(ctx context.Context, tx *store.Tx) error { return tx.User.Create().SetID(id).Exec(ctx) })
		}
		ids := []uuid.UUID{kim, uuid.New(), sam}
		found, err := st.Raw().UserTenants(scope.With(t.Context(), system), ids)
		require.NoError(t, err)
		require.Equal(t, map[uuid.UUID]uuid.UUID{kim: shop.TenantID(), sam: other.TenantID()}, found)
		found, err = st.Raw().UserTenants(scope.With(t.Context(), system), nil)
		require.NoError(t, err)
		require.Empty(t, found)
		_, err = st.Raw().UserTenants(scope.With(t.Context(), shop), ids)
		require.ErrorIs(t, err, rawsql.ErrNeedsSystem)
	})
}
