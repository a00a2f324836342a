package certificates_test

import (
	"bytes"
	"context"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/certificatefile"
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
		ctx, root := t.Context(), fresh("acme")
		_, err := a.Load(ctx, root+"/users/key.pem")
		require.ErrorIs(t, err, fs.ErrNotExist)
		for name, content := range map[string]string{
			root + "/users/key.pem": "a key", root + "/users/a_b/c.json": "{}", root + "/usersx": "other", root + "0": "other", strings.ToUpper(root) + "/users/upper": "other",
		} {
			require.NoError(t, a.Store(ctx, name, []byte(content)))
		}
		content, err := b.Load(ctx, root+"/users/key.pem")
		require.NoError(t, err)
		require.Equal(t, "a key", string(content))
		require.NoError(t, b.Store(ctx, root+"/users/key.pem", []byte("another")))
		content, err = a.Load(ctx, root+"/users/key.pem")
		require.NoError(t, err)
		require.Equal(t, "another", string(content))

		names, err := a.List(ctx, root+"/users", true)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{root + "/users/a_b/c.json", root + "/users/key.pem"}, names)
		names, err = a.List(ctx, root+"/users/", false)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{root + "/users/a_b", root + "/users/key.pem"}, names)
		info, err := a.Stat(ctx, root+"/users/key.pem")
		require.NoError(t, err)
		require.True(t, info.IsTerminal)
		info, err = a.Stat(ctx, root+"/users")
		require.NoError(t, err)
		require.False(t, info.IsTerminal)
		require.False(t, a.Exists(ctx, root+"/user"))

		require.NoError(t, b.Delete(ctx, root+"/users"))
		require.NoError(t, b.Delete(ctx, root+"/users"))
		require.False(t, a.Exists(ctx, root+"/users/key.pem"))
		require.True(t, a.Exists(ctx, root+"/usersx"))
		require.True(t, a.Exists(ctx, root+"0"))
		require.True(t, a.Exists(ctx, strings.ToUpper(root)+"/users/upper"))
	})
}

// fresh is a name that no other test has: databases are lent from one to the next, and only what is tenants' is taken away between.
func fresh(name string) string { return uuid.NewString() + "-" + name }

func TestFiles_AreSealedAndBoundToTheirNames(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, _ := replicas(t, st)
		shop, bank := fresh("shop.pem"), fresh("bank.pem")
		require.NoError(t, a.Store(t.Context(), shop, []byte("PRIVATE KEY of shop")))
		require.NoError(t, a.Store(t.Context(), bank, []byte("PRIVATE KEY of bank")))
		rows := st.Reader().CertificateFile.Query().Where(certificatefile.NameIn(shop, bank)).AllX(scope.With(t.Context(), scope.System("test")))
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
		ctx, shop, bank := t.Context(), fresh("shop"), fresh("bank")
		require.NoError(t, a.Lock(ctx, shop))
		require.NoError(t, b.Lock(ctx, bank))
		taken, err := b.TryLock(ctx, shop)
		require.NoError(t, err)
		require.False(t, taken)
		require.Error(t, b.Unlock(ctx, shop), "it is not hers to give back")
		soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, b.Lock(soon, shop), context.DeadlineExceeded)

		got := make(chan error, 1)
		go func() { got <- b.Lock(ctx, shop) }()
		require.NoError(t, a.Unlock(ctx, shop))
		require.NoError(t, <-got)
		require.NoError(t, b.Unlock(ctx, shop))
		require.NoError(t, b.Unlock(ctx, bank))
		require.False(t, a.Exists(ctx, "lock"), "locks are no files")
	})
}

func TestFiles_TheLockOfAKilledReplicaEnds(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		a, b := replicas(t, st)
		shop := fresh("shop")
		require.NoError(t, a.Lock(t.Context(), shop))
		require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
			return tx.CertificateFile.Update().Where(certificatefile.Name("lock/" + shop)).SetLockedUntil(time.Now().Add(-time.Second)).Exec(ctx)
		}))
		require.NoError(t, b.Lock(t.Context(), shop))
		require.NoError(t, a.Unlock(t.Context(), shop))
		taken, err := a.TryLock(t.Context(), shop)
		require.NoError(t, err)
		require.False(t, taken, "what the killed one gives back is not the other's")
		require.NoError(t, b.Unlock(t.Context(), shop))
	})
}
