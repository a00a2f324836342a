package auth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

func TestWork_KeepsTheOrderOfEffects(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		keyring, err := secret.NewKeyring([]string{"a secret of this test"})
		require.NoError(t, err)
		out := outbox.NewWriter(keyring, nil)
		effect := func(kind string) outbox.Intent {
			return outbox.Intent{ID: uuid.Must(uuid.NewV7()), Tenant: shop.ID, Kind: kind}
		}
		var w auth.Work
		var ran []string
		emits := func(name string, intents ...outbox.Intent) store.Write {
			return func(context.Context, *store.Tx) error {
				ran = append(ran, name)
				w.Emit(intents...)
				return nil
			}
		}
		early := effect("x-2") // made before those that come before it
		w.Emit(effect("x-1"))
		w.Do(emits("first", effect("x-1b"), effect("x-1c")))
		w.Emit(early)
		w.Do(emits("second", effect("x-3")))
		w.Emit(effect("x-4"))
		w.DoFirst(emits("zeroth", effect("x-0")))
		require.NoError(t, w.Commit(t.Context(), env.App.Store, scope.Tenant(shop.ID), out))
		require.Equal(t, []string{"zeroth", "first", "second"}, ran)

		rows, err := env.App.Store.Reader().Intent.Query().Where(intent.KindHasPrefix("x-")).Order(ent.Asc(intent.FieldID)).All(scope.With(t.Context(), scope.Tenant(shop.ID)))
		require.NoError(t, err)
		var kinds []string
		for _, row := range rows {
			kinds = append(kinds, row.Kind)
		}
		require.Equal(t, []string{"x-0", "x-1", "x-1b", "x-1c", "x-2", "x-3", "x-4"}, kinds)
	}, testenv.Quiet())
}

func TestWork_IsUndoneAsAWhole(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	before := shop.Count(t, "intents")
	keyring, err := secret.NewKeyring([]string{"a secret of this test"})
	require.NoError(t, err)
	boom := errors.New("boom")
	var w auth.Work
	require.True(t, w.Empty())
	w.Emit(outbox.Intent{Tenant: shop.ID, Kind: "x"})
	w.Do(func(context.Context, *store.Tx) error { return boom })
	require.False(t, w.Empty())
	require.ErrorIs(t, w.Commit(t.Context(), env.App.Store, scope.Tenant(shop.ID), outbox.NewWriter(keyring, nil)), boom)
	require.Equal(t, before, shop.Count(t, "intents"))

	var nothing auth.Work
	require.Empty(t, env.Statements(func() {
		require.NoError(t, nothing.Commit(t.Context(), env.App.Store, scope.Tenant(shop.ID), nil))
	}))
}
