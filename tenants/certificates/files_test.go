package certificates_test

import (
	"bytes"
	"context"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants/certificates"
)

// replicas are two processes on one database.
func replicas(t *testing.T, st *store.Store) (a, b *certificates.Files) {
	t.Helper()
	keyring, err := secret.NewKeyring([]string{secret.Generate()})
	require.NoError(t, err)
	return certificates.NewFiles(st, keyring), certificates.NewFiles(st, keyring)
}

func TestFiles_AreThoseOfAllReplicas(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := replicas(t, st)
		ctx := t.Context()
		_, err := a.Load(ctx, "acme/users/key.pem")
		require.ErrorIs(t, err, fs.ErrNotExist)
		for name, content := range map[string]string{
			"acme/users/key.pem": "a key", "acme/users/a_b/c.json": "{}", "acme/usersx": "other", "acme0": "other", "Acme/users/upper": "other",
		} {
			require.NoError(t, a.Store(ctx, name, []byte(content)))
		}
		content, err := b.Load(ctx, "acme/users/key.pem")
		require.NoError(t, err)
		require.Equal(t, "a key", string(content))
		require.NoError(t, b.Store(ctx, "acme/users/key.pem", []byte("another")))
		content, err = a.Load(ctx, "acme/users/key.pem")
		require.NoError(t, err)
		require.Equal(t, "another", string(content))

		names, err := a.List(ctx, "acme/users", true)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"acme/users/a_b/c.json", "acme/users/key.pem"}, names)
		names, err = a.List(ctx, "acme/users/", false)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"acme/users/a_b", "acme/users/key.pem"}, names)
		info, err := a.Stat(ctx, "acme/users/key.pem")
		require.NoError(t, err)
		require.True(t, info.IsTerminal)
		info, err = a.Stat(ctx, "acme/users")
		require.NoError(t, err)
		require.False(t, info.IsTerminal)
		require.False(t, a.Exists(ctx, "acme/user"))

		require.NoError(t, b.Delete(ctx, "acme/users"))
		require.NoError(t, b.Delete(ctx, "acme/users"))
		require.False(t, a.Exists(ctx, "acme/users/key.pem"))
		require.True(t, a.Exists(ctx, "acme/usersx"))
		require.True(t, a.Exists(ctx, "acme0"))
		require.True(t, a.Exists(ctx, "Acme/users/upper"))
	})
}

func TestFiles_AreSealedAndBoundToTheirNames(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, _ := replicas(t, st)
		require.NoError(t, a.Store(t.Context(), "shop.pem", []byte("PRIVATE KEY of shop")))
		require.NoError(t, a.Store(t.Context(), "bank.pem", []byte("PRIVATE KEY of bank")))
		rows := st.Reader().CertificateFile.Query().AllX(scope.With(t.Context(), scope.System("test")))
		require.Len(t, rows, 2)
		for _, row := range rows {
			require.False(t, bytes.Contains(row.Content, []byte("PRIVATE KEY")))
		}
		require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
			return tx.CertificateFile.UpdateOneID(rows[0].ID).SetContent(rows[1].Content).Exec(ctx)
		}))
		_, err := a.Load(t.Context(), rows[0].Name)
		require.Error(t, err)
		require.NotErrorIs(t, err, fs.ErrNotExist)
	})
}

func TestFiles_ALockIsOneReplicasAtATime(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := replicas(t, st)
		ctx := t.Context()
		require.NoError(t, a.Lock(ctx, "shop"))
		require.NoError(t, b.Lock(ctx, "bank"))
		taken, err := b.TryLock(ctx, "shop")
		require.NoError(t, err)
		require.False(t, taken)
		require.Error(t, b.Unlock(ctx, "shop"), "it is not hers to give back")
		soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, b.Lock(soon, "shop"), context.DeadlineExceeded)

		got := make(chan error, 1)
		go func() { got <- b.Lock(ctx, "shop") }()
		require.NoError(t, a.Unlock(ctx, "shop"))
		require.NoError(t, <-got)
		require.NoError(t, b.Unlock(ctx, "shop"))
		require.NoError(t, b.Unlock(ctx, "bank"))
		require.False(t, a.Exists(ctx, "lock"), "locks are no files")
	})
}

func TestFiles_TheLockOfAKilledReplicaEnds(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := replicas(t, st)
		require.NoError(t, a.Lock(t.Context(), "shop"))
		require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
			return tx.CertificateFile.Update().SetLockedUntil(time.Now().Add(-time.Second)).Exec(ctx)
		}))
		require.NoError(t, b.Lock(t.Context(), "shop"))
		require.NoError(t, a.Unlock(t.Context(), "shop"))
		taken, err := a.TryLock(t.Context(), "shop")
		require.NoError(t, err)
		require.False(t, taken, "what the killed one gives back is not the other's")
		require.NoError(t, b.Unlock(t.Context(), "shop"))
	})
}
