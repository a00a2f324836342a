//go:build soak

package load_test

import (
	"bufio"
	"database/sql"
	"net/http"
	"strconv"
	"strings"
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
}

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
	return s
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
