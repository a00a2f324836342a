package password_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestSet_TwoFirstPasswordsAtOnceDoNotCollide(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		written, second := make(chan struct{}), make(chan error, 1)
		go func() {
			<-written
			second <- shop.Change(t, password.Set(kim.ID, "$argon2id$second"))
		}()
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			if err := password.Set(kim.ID, "$argon2id$first")(ctx, tx); err != nil {
				return err
			}
			close(written)
			for range 100 { // the other one gets as far as it can before this one is committed
				if _, err := tx.User.Query().Count(ctx); err != nil {
					return err
				}
			}
			return nil
		}))
		require.NoError(t, <-second)
		require.Equal(t, "$argon2id$second", kim.PasswordHash(t))
	}, testenv.Quiet())
}
