package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

func newKeyring(t *testing.T) *secret.Keyring {
	t.Helper()
	keyring, err := secret.NewKeyring([]string{"a secret for this test only, 40 characters"})
	require.NoError(t, err)
	return keyring
}

func newTenant(t *testing.T, st *store.Store) scope.Scope {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	require.NoError(t, st.Do(t.Context(), scope.System("test"), func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(id).SetSlug(id.String()).SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
	}))
	return scope.Tenant(id)
}

func TestWrite_SealsAllInOneStatementAndRingsAfterTheCommit(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statements, rings := 0, 0
			st, _ := testdb.New(t, name, testdb.WithStatements(func(string) { statements++ }))
			sc := newTenant(t, st)
			keyring := newKeyring(t)
			w := outbox.NewWriter(keyring, func() { rings++ })
			until := time.Date(2030, 1, 2, 3, 4, 5, 6000, time.UTC)
			intents := []outbox.Intent{
				{ID: uuid.Must(uuid.NewV7()), Tenant: sc.TenantID(), Kind: "mail", Key: "k", Payload: []byte("code 123456"), NotAfter: until},
				{Tenant: sc.TenantID(), Kind: "audit", Payload: nil},
			}
			statements = 0
			require.NoError(t, st.Do(t.Context(), sc, func(ctx context.Context, tx *store.Tx) error {
				require.NoError(t, w.Write(ctx, tx))
				require.Zero(t, statements, "nothing to write")
				require.NoError(t, w.Write(ctx, tx, intents...))
				require.Equal(t, 1, statements)
				require.Zero(t, rings, "not before the commit")
				return nil
			}))
			require.Equal(t, 1, rings)

			ctx := scope.With(t.Context(), sc)
			row := st.Reader().Intent.GetX(ctx, intents[0].ID)
			require.NotContains(t, string(row.Payload), "123456")
			require.Equal(t, "k", row.Ordering)
			require.Equal(t, "ready", row.State)
			require.Equal(t, until, *row.NotAfter)
			require.WithinDuration(t, time.Now(), row.AvailableAt, time.Minute)
			plain, err := outbox.Open(keyring, sc.TenantID(), "mail", row.ID, row.Payload)
			require.NoError(t, err)
			require.Equal(t, "code 123456", string(plain))
			for what, open := range map[string]func() ([]byte, error){
				"tenant": func() ([]byte, error) { return outbox.Open(keyring, uuid.New(), "mail", row.ID, row.Payload) },
				"kind":   func() ([]byte, error) { return outbox.Open(keyring, sc.TenantID(), "audit", row.ID, row.Payload) },
				"row":    func() ([]byte, error) { return outbox.Open(keyring, sc.TenantID(), "mail", uuid.New(), row.Payload) },
			} {
				_, err := open()
				require.Error(t, err, "sealed for another %s", what)
			}
			require.Equal(t, 2, st.Reader().Intent.Query().CountX(ctx))
		})
	}
}

func TestWrite_IsUndoneWithTheChange(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		w := outbox.NewWriter(newKeyring(t), func() { t.Error("nothing was committed") })
		boom := errors.New("boom")
		require.ErrorIs(t, st.Do(t.Context(), sc, func(ctx context.Context, tx *store.Tx) error {
			require.NoError(t, w.Write(ctx, tx, outbox.Intent{Tenant: sc.TenantID(), Kind: "mail"}))
			return boom
		}), boom)
		require.Zero(t, st.Reader().Intent.Query().CountX(scope.With(t.Context(), sc)))
	})
}

func TestWrite_RefusesWhatCannotBeCarriedOut(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		sc := newTenant(t, st)
		w := outbox.NewWriter(newKeyring(t), nil)
		for what, intent := range map[string]outbox.Intent{
			"no tenant":        {Kind: "mail"},
			"no kind":          {Tenant: sc.TenantID()},
			"another tenant's": {Tenant: uuid.New(), Kind: "mail"},
			"too long a key":   {Tenant: sc.TenantID(), Kind: "mail", Key: string(make([]byte, outbox.MaxKey+1))},
		} {
			require.Error(t, st.Do(t.Context(), sc, func(ctx context.Context, tx *store.Tx) error { return w.Write(ctx, tx, intent) }), what)
		}
	})
}
