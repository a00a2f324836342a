package auth

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

// Work collects what one request wants to change, so that reading and computing (hashing above all) happen before the transaction and
// everything is committed in a single short one. A Work belongs to one request and is not safe for concurrent use.
type Work struct {
	writes  []store.Write
	intents []outbox.Intent
}

// Do queues a change. The changes run in the order they were queued, inside the transaction of Commit.
func (w *Work) Do(write store.Write) { w.writes = append(w.writes, write) }

// DoFirst queues a change before all others: one that decides whether the rest may happen.
func (w *Work) DoFirst(write store.Write) { w.writes = append([]store.Write{write}, w.writes...) }

// Emit queues effects for after the commit. It may also be called by a running change.
func (w *Work) Emit(intents ...outbox.Intent) { w.intents = append(w.intents, intents...) }

// Empty reports whether there is nothing to commit.
func (w *Work) Empty() bool { return len(w.writes) == 0 && len(w.intents) == 0 }

// Commit runs the changes and writes the effects in one transaction. An error undoes all of it. Empty work opens no transaction.
func (w *Work) Commit(ctx context.Context, st *store.Store, sc scope.Scope, out *outbox.Writer) error {
	if w.Empty() {
		return nil
	}
	queued := len(w.intents)
	return st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
		w.intents = w.intents[:queued] // the unit of work may be run again after a serialisation failure
		for _, write := range w.writes {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		if err := out.Write(ctx, tx, w.intents...); err != nil {
			return fmt.Errorf("write intents: %w", err)
		}
		return nil
	})
}
