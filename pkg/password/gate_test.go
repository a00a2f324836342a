package password

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// rush is a gate in a bubble of time, and what came of those who asked to go through.
type rush struct {
	t     *testing.T
	gate  *gate
	ctx   context.Context
	mu    sync.Mutex
	order []string
	busy  map[string]int
	gone  map[string]int
}

func newRush(t *testing.T, o Options) *rush {
	return &rush{t: t, gate: newGate(o), ctx: t.Context(), busy: map[string]int{}, gone: map[string]int{}}
}

// send lets n callers of a key ask for a second of work each, one after another.
func (r *rush) send(ctx context.Context, key string, n int) {
	for range n {
		go func() {
			err := r.gate.run(ctx, key, func() {
				r.mu.Lock()
				r.order = append(r.order, key)
				r.mu.Unlock()
				time.Sleep(time.Second)
			})
			r.mu.Lock()
			defer r.mu.Unlock()
			switch {
			case errors.As(err, new(*BusyError)):
				r.busy[key]++
			case err != nil:
				r.gone[key]++
			}
		}()
		synctest.Wait()
	}
}

// served lists the keys in the order in which they went through.
func (r *rush) served() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.order, " ")
}

func (r *rush) refused(key string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.busy[key]
}

// settle waits until nobody is left, and checks that no place was lost.
func (r *rush) settle() {
	time.Sleep(time.Hour)
	synctest.Wait()
	r.gate.mu.Lock()
	defer r.gate.mu.Unlock()
	require.Equal(r.t, r.gate.options.Workers, r.gate.free)
	require.Zero(r.t, r.gate.waiting)
	require.Empty(r.t, r.gate.lines)
	require.Empty(r.t, r.gate.turns)
	require.Len(r.t, r.order, r.gate.done)
}

func TestGate_TenantsTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRush(t, Options{Workers: 1, Queue: 100, MaxWait: time.Minute})
		r.send(r.ctx, "a", 6)
		r.send(r.ctx, "b", 2)
		r.send(r.ctx, "c", 1)
		r.settle()
		require.Equal(t, "a a b c a b a a a", r.served())
	})
}

func TestGate_LetsAsManyThroughAsItHasWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRush(t, Options{Workers: 3, Queue: 100, MaxWait: time.Minute})
		r.send(r.ctx, "a", 10)
		require.Equal(t, "a a a", r.served())
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, "a a a a a a", r.served())
		r.settle()
		require.Equal(t, "a a a a a a a a a a", r.served())
	})
}

func TestGate_NobodyWaitsLongerThanMaxWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRush(t, Options{Workers: 1, Queue: 100, MaxWait: 2500 * time.Millisecond})
		r.send(r.ctx, "a", 10)
		time.Sleep(2499 * time.Millisecond)
		synctest.Wait()
		require.Zero(t, r.refused("a"))
		time.Sleep(time.Millisecond)
		synctest.Wait()
		require.Equal(t, 7, r.refused("a"), "one works, two were served meanwhile")
		r.settle()
		require.Equal(t, "a a a", r.served())
	})
}

func TestGate_RefusesAtOnceWhenAllPlacesToWaitAreTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRush(t, Options{Workers: 1, Queue: 4, MaxWait: time.Minute})
		r.send(r.ctx, "a", 8)
		require.Equal(t, 3, r.refused("a"))

		var busy *BusyError
		require.ErrorAs(t, r.gate.run(r.ctx, "a", func() {}), &busy)
		require.Equal(t, time.Minute, busy.RetryAfter)
		require.Equal(t, 503, problem.HTTPStatus(busy))
		require.Equal(t, "60", problem.RetryAfter(busy))
		r.settle()
		require.Equal(t, "a a a a a", r.served())
	})
}

func TestGate_ARushCannotLockTheOthersOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRush(t, Options{Workers: 1, Queue: 4, MaxWait: time.Minute})
		r.send(r.ctx, "a", 5)
		r.send(r.ctx, "b", 4)
		require.Equal(t, 2, r.refused("a"), "the last two of the long line made room")
		require.Equal(t, 2, r.refused("b"), "no more than an equal share")
		r.settle()
		require.Equal(t, "a a b a b", r.served())
	})
}

func TestGate_WhoGoesAwayLeavesTheLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRush(t, Options{Workers: 1, Queue: 2, MaxWait: time.Minute})
		ctx, cancel := context.WithCancel(r.ctx)
		r.send(r.ctx, "a", 1)
		r.send(ctx, "b", 2)
		cancel()
		synctest.Wait()
		r.mu.Lock()
		require.Equal(t, 2, r.gone["b"])
		r.mu.Unlock()
		r.send(r.ctx, "c", 2)
		require.Zero(t, r.refused("c"), "the places are free again")
		require.ErrorIs(t, r.gate.run(ctx, "b", func() { t.Error("ran") }), context.Canceled)
		r.settle()
		require.Equal(t, "a c c", r.served())
	})
}

// Whoever is admitted in the very moment she gives up passes the place on.
func TestGate_LosesNoPlaceToRaces(t *testing.T) {
	t.Parallel()
	g := newGate(Options{Workers: 2, Queue: 8, MaxWait: 50 * time.Microsecond})
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for i := range 300 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*10*time.Microsecond)
				_ = g.run(ctx, string(rune('a'+worker%5)), func() { time.Sleep(10 * time.Microsecond) })
				cancel()
			}
		})
	}
	all.Wait()
	require.Equal(t, 2, g.free)
	require.Zero(t, g.waiting)
	require.Empty(t, g.lines)
	require.Empty(t, g.turns)
}

func TestDummy_DemandsExactlyWhatItsFormatDemands(t *testing.T) {
	t.Parallel()
	for _, encoded := range []string{
		"$2a$04$" + strings.Repeat(".", 53), "$2b$12$" + strings.Repeat("A", 53), "$2$16$" + strings.Repeat("z", 53),
		"$fbscrypt$v=1,n=12,r=8,p=1$AA==$AA==", "$fbscrypt$v=1,n=14,r=64,p=4$AA==$AA==", "$fbscrypt$v=1,n=20,r=1,p=1$AA==$AA==",
		"$argon2id$v=19$m=262144,t=10,p=16$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
	} {
		format := FormatOf(encoded)
		require.NotEqual(t, Unknown, format, encoded)
		dummy := format.parse()
		require.Equal(t, format, dummy.format(), encoded)
		require.Positive(t, format)
	}
	for _, foreign := range []Format{Unknown, 10, 20, 30, 40, -1, 1 << 40, Argon2id + 1<<argonTimeShift, Argon2id & formatParams, algBcrypt<<formatAlgShift | 99, algFirebase<<formatAlgShift | formatParams,
		formatOf(512<<10*15*argonUnits/argonPer, algArgon2id, 512<<10<<argonMemoryShift|15<<argonTimeShift|31)} {
		require.Equal(t, Argon2id, foreign.parse().format(), "a number we did not make demands nothing of its own")
		require.Equal(t, "unknown", foreign.String())
	}
}

func TestDummy_MatchesNothingOfAnyFormat(t *testing.T) {
	t.Parallel()
	h := New(Options{})
	for _, format := range []Format{Unknown, Argon2id, FormatOf("$2a$04$" + strings.Repeat(".", 53)), FormatOf("$fbscrypt$v=1,n=4,r=8,p=1$AA==$AA==")} {
		require.NoError(t, h.Dummy(t.Context(), "tenant", format, "x"))
		require.False(t, format.parse().matches("x"))
	}
}
