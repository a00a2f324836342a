package rawsql_test

import (
	"context"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// TestForgetPlans_KeepsForeignKeysCheapWhileTablesGrow writes into empty tables through one connection, and counts what was read for the foreign
// keys: no more than the row that is looked for, once the tables are larger than a few pages.
func TestForgetPlans_KeepsForeignKeysCheapWhileTablesGrow(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, url string) {
		shop := newTenant(t, st)
		const parts, people = 8, 400
		for range parts {
			do(t, st, shop, func(ctx context.Context, tx *store.Tx) error {
				if err := tx.Raw.ForgetPlans(ctx); err != nil {
					return err
				}
				users, emails := make([]*ent.User, people), make([]*ent.Email, people)
				for i := range users {
					users[i] = &ent.User{ID: uuid.New(), CreatedAt: time.Now(), UpdatedAt: time.Now()}
					emails[i] = &ent.Email{ID: uuid.New(), UserID: &users[i].ID, Address: uuid.NewString(), CreatedAt: time.Now(), UpdatedAt: time.Now()}
				}
				if err := tx.Raw.InsertUsers(ctx, users); err != nil {
					return err
				}
				return tx.Raw.InsertEmails(ctx, emails)
			})
		}
		if st.Dialect() != dialect.Postgres {
			return
		}
		require.NoError(t, st.Close()) // a connection that ends tells what it read
		source, err := dsn.Parse(testdb.Owner(t, url))
		require.NoError(t, err)
		db, err := source.OpenPlain()
		require.NoError(t, err)
		defer db.Close()
		var written, read int
		require.Eventually(t, func() bool {
			require.NoError(t, db.QueryRowContext(t.Context(),
				"SELECT n_tup_ins, seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'users'").Scan(&written, &read))
			return written == parts*people
		}, 30*time.Second, 20*time.Millisecond)
		require.Less(t, read, parts*people*people, "all rows for each row would be %d", parts*people*parts*people/2)
	}, testdb.WithPool(1))
}
