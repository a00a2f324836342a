package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

// Work collects what one request wants to change, so that reading and computing (hashing above all) happen before the transaction and
// everything is committed in a single short one. A Work belongs to one request and is not safe for concurrent use.
type Work struct {
	steps   []step
	intents []outbox.Intent
}

// A step is a change, and how many effects were queued before it: what it emits itself comes after those.
type step struct {
	write  store.Write
	before int
}

// Do queues a change. The changes run in the order they were queued, inside the transaction of Commit.
func (w *Work) Do(write store.Write) { w.steps = append(w.steps, step{write, len(w.intents)}) }

// DoFirst queues a change before all others: one that decides whether the rest may happen.
func (w *Work) DoFirst(write store.Write) { w.steps = append([]step{{write, 0}}, w.steps...) }

// Emit queues effects for after the commit. It may also be called by a running change. Effects keep the order of all these calls.
func (w *Work) Emit(intents ...outbox.Intent) { w.intents = append(w.intents, intents...) }

// Empty reports whether there is nothing to commit.
func (w *Work) Empty() bool { return len(w.steps) == 0 && len(w.intents) == 0 }

// Commit runs the changes and writes the effects in one transaction. An error undoes all of it. Empty work opens no transaction.
func (w *Work) Commit(ctx context.Context, st *store.Store, sc scope.Scope, out *outbox.Writer) error {
	if w.Empty() {
		return nil
	}
	queued := w.intents
	defer func() { w.intents = queued }()
	return st.Do(ctx, sc, func(ctx context.Context, tx *store.Tx) error {
		intents, err := w.run(ctx, tx, queued)
		if err != nil {
			return err
		}
		if err := out.Write(ctx, tx, intents...); err != nil {
			return fmt.Errorf("write intents: %w", err)
		}
		return nil
	})
}

// run makes the changes and returns all effects in their order. The unit of work may be run again after a serialisation failure.
func (w *Work) run(ctx context.Context, tx *store.Tx, queued []outbox.Intent) ([]outbox.Intent, error) {
	var intents []outbox.Intent
	taken := 0
	for _, s := range w.steps {
		intents = append(intents, queued[taken:max(taken, s.before)]...)
		taken = max(taken, s.before)
		w.intents = nil
		if err := s.write(ctx, tx); err != nil {
			return nil, err
		}
		intents = append(intents, w.intents...)
	}
	intents = append(intents, queued[taken:]...)
	for i := range intents {
		intents[i].ID = uuid.Nil // ids tell the order, so they are given now
	}
	return intents, nil
}
