//go:build soak

package load_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/load"
)

var (
	minutes = flag.Float64("minutes", 30, "how long the program is kept under load")
	share   = flag.Float64("share", 0.7, "how much of what it can bear")
)

// shop is what a busy shop's people and back ends do.
const shop = "validate=60,jwks=10,login=2,passkey=6,registration=1,admin-get=10,admin-list=5,admin-create=2"

// sampleEvery is how often the processes are looked at.
const sampleEvery = 10 * time.Second

func TestSoak_NothingGrows(t *testing.T) {
	d := deploy(t, "LATCHKEEP_SERVER_DRAIN_DELAY=0s")
	_, mix := d.open(t, 2000, shop)
	capacity := ramp(t, mix)
	rate := capacity * *share
	t.Logf("it bears %.0f operations each second; %.0f are asked for", capacity, rate)

	db := d.db.Open(t)
	defer db.Close()
	began := time.Now()
	atFirst := d.atRest(t, db, began)
	tally := load.NewTally()
	lasts := time.Duration(*minutes * float64(time.Minute))
	ctx, end := context.WithTimeout(t.Context(), lasts)
	defer end()
	var working sync.WaitGroup
	began = time.Now()
	working.Go(func() { load.Plan{Mix: mix, Clients: 64, Rate: rate, Connect: connect, Tally: tally}.Run(ctx) })

	last := d.used(t)
	before := sample{used: last}
	var samples []sample
	var paces []time.Duration // since the last row
	var rows []row
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	every := max(lasts/10, time.Minute)
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			continue
		}
		s := d.sample(t, db, began)
		s.work = float64(s.used.less(before.used).sum()) / float64(s.yardstick) / (s.at - before.at).Seconds()
		before = s
		samples, paces = append(samples, s), append(paces, s.yardstick)
		if time.Since(began) >= every*time.Duration(len(rows)+1) || time.Since(began)+sampleEvery >= lasts && len(rows) > 0 {
			outcomes, lasted := tally.Cut()
			r := row{sample: s, outcomes: outcomes, lasted: lasted, used: s.used.less(last), yardstick: middle(paces)}
			last, paces = s.used, nil
			rows = append(rows, r)
			t.Log(r.line())
			if *doc != "" { // so that what was seen is there, whatever comes
				require.NoError(t, os.WriteFile(*doc+".part", []byte(table(rows)), 0o644))
			}
		}
	}
	working.Wait()
	v := judge(samples, rows)
	v.rested(atFirst, d.atRest(t, db, began))
	text := fmt.Sprintf("%s\n%s\n\nFor %.0f minutes, %.0f operations each second, %.0f %% of what a ramp of some seconds had reached, on %d × %s; two servers behind a proxy, "+
		"a worker, PostgreSQL and Redis, and what loads them, all on this machine; load of the machine at the end: %s.\n",
		table(rows), v.table, *minutes, rate, *share*100, runtime.NumCPU(), processor(), loadAverage())
	fmt.Print(text)
	if *doc != "" {
		require.NoError(t, between(*doc, "<!-- soak: make soak DOC=1 -->", "<!-- end of soak -->", text))
		_ = os.Remove(*doc + ".part")
	}
	require.Empty(t, v.against, "what speaks against it")
}

// ramp finds how many operations the deployment bears each second: more and more clients ask, until it is no more.
func ramp(t testing.TB, mix load.Mix) float64 {
	t.Helper()
	best := 0.0
	for clients := 2; clients <= 32; clients *= 2 {
		tally := load.NewTally()
		load.Plan{Mix: mix, Clients: clients, Duration: 8 * time.Second, Connect: connect, Tally: tally}.Run(t.Context())
		all, lasted := tally.Cut()
		require.Empty(t, failures(all))
		reached := float64(done(all)) / lasted.Seconds()
		t.Logf("%d clients: %.0f operations each second", clients, reached)
		if reached < best*1.05 {
			return max(best, reached)
		}
		best = max(best, reached)
	}
	return best
}

// A row is what was seen in some minutes.
type row struct {
	sample    sample
	outcomes  []load.Outcome
	lasted    time.Duration
	used      use
	yardstick time.Duration
}

func (r row) of(name string) load.Outcome {
	for _, o := range r.outcomes {
		if o.Name == name {
			return o
		}
	}
	return load.Outcome{}
}

func (r row) failed() int {
	n := 0
	for _, o := range r.outcomes {
		n += o.Failed
	}
	return n
}

func join(values []float64) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, fmt.Sprintf("%.0f", v))
	}
	return strings.Join(parts, " / ")
}

func (r row) line() string {
	s := r.sample
	latency := func(name string) string {
		o := r.of(name)
		return fmt.Sprintf("%.1f / %.1f / %.1f", o.P50, o.P95, o.P99)
	}
	each := func(used time.Duration) float64 { return milli(used) / float64(max(done(r.outcomes), 1)) }
	return fmt.Sprintf("| %.0f | %.0f | %d | %s | %s | %s | %.2f / %.2f / %.2f | %.1f | %.3f | %s | %s | %s | %s | %d | %d |", s.at.Minutes(),
		float64(done(r.outcomes))/r.lasted.Seconds(), r.failed(), latency("validate"), latency("passkey"), latency("login"),
		each(r.used.servers), each(r.used.worker), each(r.used.database), milli(r.yardstick), each(r.used.sum())/milli(r.yardstick),
		join(s.resident), join(s.heap), join(s.goroutines), join(s.descriptors), s.connections, s.waiting)
}

func milli(d time.Duration) float64 { return d.Seconds() * 1000 }

// middle is the median.
func middle(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| Minute | operations each second | failed | validate: p50 / p95 / p99, ms | passkey login | password login | CPU of an operation, ms: servers / worker / database | of the yardstick, ms | an operation in yardsticks | RSS, MB: servers / worker | heap in use, MB | goroutines | descriptors | connections | waiting in the outbox |\n" +
		"|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range rows {
		b.WriteString(r.line() + "\n")
	}
	return b.String()
}

// A verdict is what grew, and what speaks against it.
type verdict struct {
	table   string
	against []string
}

// judge looks at what comes after the first quarter, in which caches and pools fill. How many goroutines and connections there are under load says how
// many requests wait for the processor; whether any are left behind shows at rest.
func judge(samples []sample, rows []row) verdict {
	v := verdict{table: "| After the first quarter | mean | slope each hour | may grow while watched | |\n|---|--:|--:|--:|---|\n"}
	settled := samples[len(samples)/4:]
	if len(settled) < 2 {
		v.against = append(v.against, "too short to see anything")
		return v
	}
	watched := (settled[len(settled)-1].at - settled[0].at).Hours()
	flat := func(what string, tolerance, least float64, of func(sample) float64) {
		perHour, mean := slope(settled, of)
		may := max(mean*tolerance, least)
		said := "flat"
		if perHour*watched > may {
			said = "**grows**"
			v.against = append(v.against, fmt.Sprintf("%s grows by %.1f each hour", what, perHour))
		}
		v.table += fmt.Sprintf("| %s | %.0f | %+.1f | %.0f | %s |\n", what, mean, perHour, may, said)
	}
	for i, who := range []string{"first server", "second server", "worker"} {
		flat("RSS of the "+who+", MB", 0.1, 8, func(s sample) float64 { return s.resident[i] })
	}
	flat("connections to the database", 0.1, 3, func(s sample) float64 { return float64(s.connections) })
	flat("work of servers, worker and database, in yardsticks each second", 0.2, 0, func(s sample) float64 { return s.work })
	for _, r := range rows {
		if text := failures(r.outcomes); text != "" {
			v.against = append(v.against, text)
		}
	}
	slices.Sort(v.against)
	return v
}

// rested compares what is there when nobody asks for anything, before and after.
func (v *verdict) rested(before, after sample) {
	v.table += "\n| At rest: servers / worker | before | after | may be more | |\n|---|--:|--:|--:|---|\n"
	same := func(what string, of func(sample) []float64) {
		const may = 8 // connections of pools, and those that ask
		said := "flat"
		for i, n := range of(after) {
			if n > of(before)[i]+may {
				said = "**grew**"
				v.against = append(v.against, fmt.Sprintf("%s at rest grew from %s to %s", what, join(of(before)), join(of(after))))
				break
			}
		}
		v.table += fmt.Sprintf("| %s | %s | %s | %d | %s |\n", what, join(of(before)), join(of(after)), may, said)
	}
	same("goroutines", func(s sample) []float64 { return s.goroutines })
	same("descriptors", func(s sample) []float64 { return s.descriptors })
}

func processor() string {
	raw, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unknown processor"
}

func loadAverage() string {
	raw, _ := os.ReadFile("/proc/loadavg")
	return strings.Join(strings.Fields(string(raw))[:3], " ")
}
