package timing_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/timing"
)

// A difference of a millisecond is found, and where there is none, none is.
func TestCompare_FindsAMillisecondAndNothingWhereThereIsNothing(t *testing.T) { // alone: it counts what the process takes
	used := func() time.Duration {
		var u syscall.Rusage
		require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	busy := func(d time.Duration) { // of a processor, however busy the machine is
		for began := used(); used()-began < d; {
			continue
		}
	}
	bench := timing.Bench{Server: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		busy(3 * time.Millisecond)
		if r.URL.Path == "/known" {
			busy(time.Millisecond)
		}
	})}
	arm := func(name string) timing.Arm {
		return timing.Arm{Name: name, Prepare: func() *http.Request { return httptest.NewRequest(http.MethodGet, "/"+name, nil) }}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var took [3][]time.Duration
	bench.Sample([]timing.Arm{arm("known"), arm("unknown"), arm("nobody")}, 200, rng, func(i int, a timing.Answer) { took[i] = append(took[i], a.CPU) })

	found := timing.Compare(took[0], took[1], rng)
	require.Equal(t, timing.Different, found.Verdict, "%+v", found)
	require.Greater(t, found.Delta, 0.5)
	require.Greater(t, found.Z, 3.0)
	require.NotEqual(t, timing.Different, timing.Compare(took[1], took[2], rng).Verdict)
}

func TestCompare_SaysWhatItCannotTell(t *testing.T) {
	t.Parallel()

	rng := rand.New(rand.NewPCG(3, 4))
	around := func(n int, mean, spread time.Duration) []time.Duration {
		all := make([]time.Duration, n)
		for i := range all {
			all[i] = mean + time.Duration(rng.NormFloat64()*float64(spread))
		}
		return all
	}
	same := timing.Compare(around(2000, 2*time.Millisecond, 100*time.Microsecond), around(2000, 2*time.Millisecond, 100*time.Microsecond), rng)
	require.Equal(t, timing.Alike, same.Verdict)
	require.InDelta(t, 0, same.Delta, 0.06)
	less := timing.Compare(around(2000, time.Millisecond, 100*time.Microsecond), around(2000, 2*time.Millisecond, 100*time.Microsecond), rng)
	require.Equal(t, timing.Different, less.Verdict)
	require.InDelta(t, -1, less.Delta, 0.01)
	few := timing.Compare(around(10, 2*time.Millisecond, time.Millisecond), around(10, 2*time.Millisecond, time.Millisecond), rng)
	require.Equal(t, timing.Unclear, few.Verdict)
	equal := timing.Compare([]time.Duration{1, 1, 1}, []time.Duration{1, 1, 1}, rng)
	require.Zero(t, equal.Delta)
}
