package audit_test

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestTails_LookAtALogOnceHoweverManyListen(t *testing.T) {
	t.Parallel()
	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reads atomic.Int64
			st, url := testdb.New(t, name, testdb.WithStatements(func(query string) {
				if strings.Contains(query, "meta_user_agent") && strings.HasPrefix(query, "SELECT") {
					reads.Add(1)
				}
			}))
			r := newRoom(t, st, url)
			const every = 20 * time.Millisecond
			tails := audit.NewTails(r.store, every, quiet())
			began := time.Now()
			var heard sync.WaitGroup
			for range audit.MaxListeners {
				l, err := tails.Listen(t.Context(), r.shop, audit.TailFilter{}, nil)
				require.NoError(t, err)
				heard.Go(func() {
					defer l.Close()
					for n := 0; n < 5; {
						events, open, err := l.Next(t.Context(), time.Minute)
						if err != nil || !open {
							t.Error("let go", err)
							return
						}
						n += len(events)
					}
				})
			}
			for range 5 {
				r.append(t, r.shop, some(1, nil)...)
			}
			heard.Wait()
			require.LessOrEqual(t, reads.Load(), int64(time.Since(began)/every)+8)
		})
	}
}

func TestTails_AListenerWhoComesBackGoesOnWhereHeWas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		tails := audit.NewTails(r.store, 10*time.Millisecond, quiet())
		r.append(t, r.shop, some(1000, nil)...)
		r.append(t, r.shop, some(300, nil)...)
		r.append(t, r.bank, some(5, nil)...)
		after := int64(100)
		l, err := tails.Listen(t.Context(), r.shop, audit.TailFilter{}, &after)
		require.NoError(t, err)
		defer l.Close()
		r.append(t, r.shop, some(10, nil)...)
		for want := after + 1; want <= 1310; {
			events, open, err := l.Next(t.Context(), time.Minute)
			require.NoError(t, err)
			require.True(t, open)
			for _, e := range events {
				require.Equal(t, want, e.Sequence)
				want++
			}
		}
	})
}

func TestTails_CloseLetsAllGoAndNoneCome(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		tails := audit.NewTails(r.store, 10*time.Millisecond, quiet())
		l, err := tails.Listen(t.Context(), r.shop, audit.TailFilter{}, nil)
		require.NoError(t, err)
		events, open, err := l.Next(t.Context(), time.Millisecond)
		require.NoError(t, err)
		require.True(t, open, "nothing happened, and it goes on")
		require.Empty(t, events)
		tails.Close()
		_, open, err = l.Next(t.Context(), time.Minute)
		require.NoError(t, err)
		require.False(t, open)
		l.Close()
		_, err = tails.Listen(t.Context(), r.shop, audit.TailFilter{}, nil)
		require.ErrorIs(t, err, audit.ErrTailsClosed)
	})
}

func TestTails_OneWhoDoesNotKeepUpIsLetGo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		tails := audit.NewTails(r.store, time.Millisecond, quiet())
		slow, err := tails.Listen(t.Context(), r.shop, audit.TailFilter{}, nil)
		require.NoError(t, err)
		quick, err := tails.Listen(t.Context(), r.shop, audit.TailFilter{Types: []string{"login_success"}, ActorUserID: ""}, nil)
		require.NoError(t, err)
		defer quick.Close()
		for range 20 { // each is a part of its own, since the quick one waits for it
			r.append(t, r.shop, some(1, nil)...)
			for heard := 0; heard == 0; {
				events, open, err := quick.Next(t.Context(), time.Minute)
				require.NoError(t, err)
				require.True(t, open)
				heard = len(events)
			}
		}
		last := int64(0)
		for open := true; open; {
			var events []audit.Event
			events, open, err = slow.Next(t.Context(), time.Minute)
			require.NoError(t, err)
			for _, e := range events {
				last = e.Sequence
			}
		}
		require.Less(t, last, int64(20))
		again, err := tails.Listen(t.Context(), r.shop, audit.TailFilter{ActorUserID: uuid.NewString()}, &last)
		require.NoError(t, err)
		again.Close()
	})
}
