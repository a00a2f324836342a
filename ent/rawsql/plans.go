package rawsql

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect"
)

// ForgetPlans makes the connection plan anew what it is about to do, with the tables as large as they are by now. It is for who writes so many rows
// that tables grow: PostgreSQL looks up each row's foreign keys by a plan that it keeps as long as the connection lives. One that was made while
// the table was empty takes any index that begins with the tenant and reads all of the tenant's rows for each row, until autovacuum has looked at
// the table. Other databases have no such plans. It needs no scope.
//
// Why raw: no entity is touched.
func (q *Queries) ForgetPlans(ctx context.Context) error {
	if q.dialect != dialect.Postgres {
		return nil
	}
	if _, err := q.exec(ctx, `DISCARD PLANS`); err != nil {
		return fmt.Errorf("forget plans: %w", err)
	}
	return nil
}
