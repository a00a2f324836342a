package store

import (
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// lockable is a generated query.
type lockable[Q any] interface {
	ForUpdate(opts ...sql.LockOption) Q
}

// Lock makes a query of a unit of work lock the rows it reads until the unit ends:
//
//	user, err := store.Lock(tx, tx.User.Query().Where(user.ID(id))).Only(ctx)
//
// SQLite has no such locks and needs none: a unit of work is the only writer there.
func Lock[Q lockable[Q]](tx *Tx, q Q, opts ...sql.LockOption) Q {
	if tx.dialect == dialect.SQLite {
		return q
	}
	return q.ForUpdate(opts...)
}
