package load

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/latchkeep/latchkeep/internal/visitor"
)

// growth is how much wider than the one before each bucket of a spread is: figures are right to 2 %.
const growth = 1.02

var logGrowth = math.Log(growth)

// A spread is how long things took, in buckets that grow with what they hold, so that it needs the same memory after an hour.
type spread struct {
	counts map[int]int
	n      int
	max    time.Duration
}

func (s *spread) add(took time.Duration) {
	if s.counts == nil {
		s.counts = map[int]int{}
	}
	s.counts[int(math.Floor(math.Log(max(float64(took), 1))/logGrowth))]++
	s.n++
	s.max = max(s.max, took)
}

// quantile is the time that a part q of all did not exceed; 0 of none.
func (s *spread) quantile(q float64) time.Duration {
	left := int(math.Ceil(q * float64(s.n)))
	for _, bucket := range slices.Sorted(maps.Keys(s.counts)) {
		if left -= s.counts[bucket]; left <= 0 {
			return min(time.Duration(math.Exp(float64(bucket+1)*logGrowth)), s.max)
		}
	}
	return s.max
}

// A Tally counts what came of operations. It may be used by several goroutines.
type Tally struct {
	mu    sync.Mutex
	ops   map[string]*count
	began time.Time
}

type count struct {
	took     spread
	failures map[string]int
	example  string
}

// NewTally is empty.
func NewTally() *Tally { return &Tally{ops: map[string]*count{}, began: time.Now()} }

// Add notes one operation: how long it took, or why it failed.
func (t *Tally) Add(op string, took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.ops[op]
	if c == nil {
		c = &count{failures: map[string]int{}}
		t.ops[op] = c
	}
	if err == nil {
		c.took.add(took)
		return
	}
	c.failures[visitor.Reason(err)]++
	if c.example == "" {
		c.example = err.Error()
	}
}

// An Outcome is what came of one kind of operation.
type Outcome struct {
	Name      string         `json:"name"`
	Done      int            `json:"done"`
	Failed    int            `json:"failed"`
	PerSecond float64        `json:"per_second"`
	P50       float64        `json:"p50_ms"`
	P95       float64        `json:"p95_ms"`
	P99       float64        `json:"p99_ms"`
	Max       float64        `json:"max_ms"`
	Failures  map[string]int `json:"failures,omitempty"`
	Example   string         `json:"example,omitempty"` // of a failure
}

// Cut says what was counted since the tally was new or last cut, by name, and begins anew.
func (t *Tally) Cut() ([]Outcome, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lasted := time.Since(t.began)
	var all []Outcome
	for _, name := range slices.Sorted(maps.Keys(t.ops)) {
		c := t.ops[name]
		o := Outcome{
			Name: name, Done: c.took.n, PerSecond: float64(c.took.n) / lasted.Seconds(), Failures: c.failures, Example: c.example,
			P50: milli(c.took.quantile(0.5)), P95: milli(c.took.quantile(0.95)), P99: milli(c.took.quantile(0.99)), Max: milli(c.took.max),
		}
		for _, n := range c.failures {
			o.Failed += n
		}
		all = append(all, o)
	}
	t.ops, t.began = map[string]*count{}, time.Now()
	return all, lasted
}

func milli(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
