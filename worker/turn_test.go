package worker

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// turnRoom are turns over audit records that a test leaves, and what was carried out at them.
type turnRoom struct {
	*auditRoom
	turns    *turns
	portions []int
	looks    int
	stop     chan struct{}
}

func newTurnRoom(t *testing.T, st *store.Store) *turnRoom {
	r := &turnRoom{auditRoom: newAuditRoom(t, st), stop: make(chan struct{})}
	r.turns = newTurns(Needs{Store: st, Log: slog.New(slog.DiscardHandler)}, event.KindAudit, 100, func() { r.looks++ }, r.stop)
	return r
}

// carry marks a portion as done.
func (r *turnRoom) carry(ctx context.Context, b batch) error {
	r.portions = append(r.portions, len(b.Items))
	return settle(ctx, r.store, b.Tenant, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Raw.IntentsDone(ctx, time.Now().UTC(), b.ids()...)
		return err
	})
}

func TestTurn_BeginsSmallAndGoesOnInLargePortions(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		r := newTurnRoom(t, st)
		r.batch(t, 250)
		require.NoError(t, r.turns.run(t.Context(), r.shop, r.carry))
		require.GreaterOrEqual(t, len(r.portions), 2) // a turn is over after a time
		require.Equal(t, []int{20, 100}, r.portions[:2])
		require.Equal(t, 1, r.looks)
		left := func() int {
			n, err := st.Reader().Intent.Query().Where(intent.State("ready")).Count(scope.With(t.Context(), scope.Tenant(r.shop)))
			require.NoError(t, err)
			return n
		}
		for left() > 0 {
			require.NoError(t, r.turns.run(t.Context(), r.shop, r.carry))
		}
		done := 0
		for _, n := range r.portions {
			require.LessOrEqual(t, n, 100)
			done += n
		}
		require.Equal(t, 250, done, "each once")
	})
}

func TestTurn_IsShortWhereEnoughOthersGoOnAlready(t *testing.T) {
	t.Parallel()
	st, _ := testdb.New(t, "sqlite3")
	r := newTurnRoom(t, st)
	r.batch(t, 250)
	for range backlogsAtOnce {
		require.True(t, r.turns.backlogs.enter(uuid.Nil))
	}
	require.NoError(t, r.turns.run(t.Context(), r.shop, r.carry))
	require.Equal(t, []int{20}, r.portions, "others have their turn")
	require.Equal(t, 1, r.looks, "and there is another one")
}

func TestTurn_ATenantHasOneAtATime(t *testing.T) {
	t.Parallel()
	st, _ := testdb.New(t, "sqlite3")
	r := newTurnRoom(t, st)
	r.batch(t, 3)
	require.NoError(t, r.turns.run(t.Context(), r.shop, func(ctx context.Context, b batch) error {
		require.NoError(t, r.turns.run(ctx, r.shop, r.carry))
		require.Empty(t, r.portions)
		require.Zero(t, r.looks, "or she would be called again and again")
		return r.carry(ctx, b)
	}))
	require.Equal(t, []int{3}, r.portions)
	require.Equal(t, 1, r.looks, "for what came meanwhile")
}

func TestTurn_EndsWithTheProgram(t *testing.T) {
	t.Parallel()
	st, _ := testdb.New(t, "sqlite3")
	r := newTurnRoom(t, st)
	r.batch(t, 250)
	close(r.stop)
	require.NoError(t, r.turns.run(t.Context(), r.shop, r.carry))
	require.Equal(t, []int{20, 100}, r.portions)
}

func TestTurn_WhatFailsOrIsAnotherProcessesIsLeft(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		r := newTurnRoom(t, st)
		close(r.stop) // no rest
		r.batch(t, 30)
		down := errors.New("the database is down")
		require.ErrorIs(t, r.turns.run(t.Context(), r.shop, func(context.Context, batch) error { return down }), down)
		require.NoError(t, r.turns.run(t.Context(), r.shop, func(context.Context, batch) error { return errTaken }))
		left, err := st.Reader().Intent.Query().Where(intent.State("ready"), intent.Attempts(0)).Count(scope.With(t.Context(), scope.Tenant(r.shop)))
		require.NoError(t, err)
		require.Equal(t, 30, left)
	})
}
