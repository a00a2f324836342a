package rawsql

import (
	"context"

	"entgo.io/ent/dialect"
)

// ByOrder has PostgreSQL find rows in the order that is asked for, in the rest of the transaction, instead of sorting them. As a rule next to
// nothing waits, so all ways seem alike to it, and it may choose one that leads through everything that waits.
const ByOrder = `SET LOCAL enable_sort = off`

type begunByOrder struct{}

// WithBegunByOrder marks the context that a unit of work is begun with and lives in: where the database is PostgreSQL, it begins with ByOrder.
func WithBegunByOrder(ctx context.Context) context.Context {
	return context.WithValue(ctx, begunByOrder{}, true)
}

// BegunByOrder reports whether the context has the mark.
func BegunByOrder(ctx context.Context) bool { return ctx.Value(begunByOrder{}) != nil }

// byOrder sees to it that the rest of the transaction goes by order.
func (q *Queries) byOrder(ctx context.Context) error {
	if q.dialect != dialect.Postgres || BegunByOrder(ctx) {
		return nil
	}
	_, err := q.exec(ctx, ByOrder)
	return err
}
