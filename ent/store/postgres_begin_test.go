package store_test

import (
	"context"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// TestBegin_GoesByOrderInThatTransactionAlone asks the connection itself, since statements that leave it to the beginning do not set it again.
func TestBegin_GoesByOrderInThatTransactionAlone(t *testing.T) {
	t.Parallel()

	for name, options := range map[string][]testdb.Option{
		"session": {testdb.WithPool(1)}, "transaction": {testdb.WithPool(1), testdb.WithTxScope()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, _ := testdb.New(t, dialect.Postgres, options...)
			sorts := func(ctx context.Context) (setting string) {
				tx, err := st.DB().BeginTx(scope.With(ctx, scope.System("test")), nil)
				require.NoError(t, err)
				require.NoError(t, tx.QueryRowContext(ctx, "SELECT current_setting('enable_sort')").Scan(&setting))
				require.NoError(t, tx.Commit())
				return setting
			}
			require.Equal(t, "on", sorts(t.Context()))
			require.Equal(t, "off", sorts(rawsql.WithBegunByOrder(t.Context())))
			require.Equal(t, "on", sorts(t.Context()), "the next transaction of the same connection")
		})
	}
}
