package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func TestDoSingle_MakesOneStatementInItsScope(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc, other := newTenant(t, st), newTenant(t, st)
		ctx := scope.With(t.Context(), sc)
		id := uuid.Must(uuid.NewV7())
		called := false
		create := func(ctx context.Context, tx *store.Tx) error {
			tx.OnCommit(func() { called = st.Reader().User.Query().CountX(scope.With(t.Context(), sc)) == 1 })
			return tx.User.Create().SetID(id).Exec(ctx)
		}
		require.NoError(t, st.DoSingle(ctx, sc, create))
		require.True(t, called, "callbacks run when others see the row")

		called = false
		require.True(t, store.IsUniqueViolation(st.DoSingle(ctx, sc, create)))
		require.False(t, called, "a unit that failed must not announce itself")

		errGone := errors.New("there is no such row")
		rename := func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.User.Update().Where(user.ID(id)).SetName("Ada").Save(ctx)
			return errors.Join(err, map[bool]error{true: nil, false: errGone}[n == 1])
		}
		require.NoError(t, st.DoSingle(ctx, sc, rename))
		require.ErrorIs(t, st.DoSingle(ctx, other, rename), errGone, "a row of another tenant is not there")
		require.Equal(t, "Ada", st.Reader().User.GetX(ctx, id).Name)
	}, testdb.WithPool(1))
}

func TestDoSingle_RefusesASecondStatementAndWhatDoRefuses(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		require.ErrorIs(t, st.DoSingle(t.Context(), sc, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.User.Create().Exec(ctx), tx.User.Create().Exec(ctx))
		}), store.ErrSecondStatement)
		nothing := func(context.Context, *store.Tx) error { return nil }
		require.ErrorIs(t, st.DoSingle(t.Context(), scope.Scope{}, nothing), scope.ErrMissing)
		require.NoError(t, st.Do(t.Context(), sc, func(ctx context.Context, _ *store.Tx) error {
			require.ErrorIs(t, st.DoSingle(ctx, sc, nothing), store.ErrNested)
			return nil
		}))
	})
}
