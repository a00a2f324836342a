//go:build soak

package load_test

import (
	"bufio"
	"database/sql"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/processes"
	"github.com/latchkeep/latchkeep/internal/procstat"
)

// A sample is what the processes use at one moment.
type sample struct {
	at          time.Duration // since the load began
	resident    []float64     // MB, of the servers and the worker
	heap        []float64     // MB in use, the same
	goroutines  []float64
	descriptors []float64
	connections int // to the database, of all of them
	waiting     int // intents in the outbox
	used        use
	yardstick   time.Duration // processor time of a piece of work that is always the same
	work        float64       // processor time since the sample before, in yardsticks each second
}

// A use is processor time since the processes began.
type use struct{ servers, worker, database time.Duration }

func (u use) less(before use) use {
	return use{u.servers - before.servers, u.worker - before.worker, u.database - before.database}
}

func (u use) sum() time.Duration { return u.servers + u.worker + u.database }

// sample looks at the processes.
func (d *deployment) sample(t testing.TB, db *sql.DB, since time.Time) sample {
	t.Helper()
	s := sample{at: time.Since(since)}
	for i, p := range append([]*processes.Process{}, append(d.servers, d.worker)...) {
		all, _, err := procstat.Resident(p.PID())
		require.NoError(t, err, p.Name)
		open, err := procstat.Descriptors(p.PID())
		require.NoError(t, err, p.Name)
		metrics := d.metrics(t, i)
		s.resident = append(s.resident, float64(all)/(1<<20))
		s.descriptors = append(s.descriptors, float64(open))
		s.heap = append(s.heap, metrics["go_memstats_heap_inuse_bytes"]/(1<<20))
		s.goroutines = append(s.goroutines, metrics["go_goroutines"])
	}
	const others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
	require.NoError(t, db.QueryRowContext(t.Context(), others).Scan(&s.connections))
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM outbox WHERE state = 'ready'").Scan(&s.waiting))
	s.used, s.yardstick = d.used(t), yardstick(t)
	return s
}

// atRest looks at the processes when what was asked for is done, and the balancers keep no connection: at the least of each that is seen in some seconds.
func (d *deployment) atRest(t testing.TB, db *sql.DB, since time.Time) sample {
	t.Helper()
	require.Eventually(t, func() bool { return d.sample(t, db, since).waiting == 0 }, 3*time.Minute, time.Second, "something is left in the outbox")
	least := d.sample(t, db, since)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range 15 {
		d.letGo()
		<-tick.C
		s := d.sample(t, db, since)
		for i := range s.goroutines {
			least.goroutines[i], least.descriptors[i] = min(least.goroutines[i], s.goroutines[i]), min(least.descriptors[i], s.descriptors[i])
		}
	}
	return least
}

// letGo closes the connections that the balancers keep and nobody needs.
func (d *deployment) letGo() {
	for _, b := range d.fronts {
		for _, u := range b.servers {
			u.calls.CloseIdleConnections()
		}
	}
}

// used is the processor time of all processes until now.
func (d *deployment) used(t testing.TB) use {
	t.Helper()
	var u use
	for _, p := range d.servers {
		cpu, err := procstat.CPU(p.PID())
		require.NoError(t, err, p.Name)
		u.servers += cpu
	}
	var err error
	u.worker, err = procstat.CPU(d.worker.PID())
	require.NoError(t, err)
	u.database, err = procstat.Family(d.db.Process.PID())
	require.NoError(t, err)
	return u
}

// yardstick is the processor time that it takes now to sort the same numbers: how fast the machine is beside all else that it does.
func yardstick(t testing.TB) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	numbers := make([]uint64, 200_000)
	same := rand.New(rand.NewPCG(1, 2))
	for i := range numbers {
		numbers[i] = same.Uint64()
	}
	own := func() time.Duration {
		var u syscall.Rusage
		require.NoError(t, syscall.Getrusage(syscall.RUSAGE_THREAD, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := own()
	slices.Sort(numbers)
	return own() - before
}

// metrics are those of a process that have no labels.
func (d *deployment) metrics(t testing.TB, of int) map[string]float64 {
	t.Helper()
	resp, err := http.Get(d.ops[of] + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	values := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, text, ok := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(text, 64); ok && err == nil {
			values[name] = v
		}
	}
	require.NoError(t, lines.Err())
	return values
}

// slope is by how much a series grows in an hour, by least squares, and mean its mean.
func slope(samples []sample, of func(sample) float64) (perHour, mean float64) {
	var x, y, xx, xy float64
	n := float64(len(samples))
	for _, s := range samples {
		a, b := s.at.Hours(), of(s)
		x, y, xx, xy = x+a, y+b, xx+a*a, xy+a*b
	}
	if n == 0 || n*xx == x*x {
		return 0, 0
	}
	return (n*xy - x*y) / (n*xx - x*x), y / n
}
