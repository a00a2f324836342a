package flows_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/latchkeep/latchkeep/auth/flows"
)

// coverage counts what all walks together came across.
type coverage struct {
	mu    sync.Mutex
	pairs map[string]int // flow/state/action, where it was offered and taken
	marks map[string]int // what must not be missing besides
	steps int
}

func newCoverage() *coverage { return &coverage{pairs: map[string]int{}, marks: map[string]int{}} }

func (c *coverage) take(flow, state, action string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pairs[pair(flow, state, action)]++
	c.steps++
}

func (c *coverage) mark(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.marks[fmt.Sprintf(format, args...)]++
}

func pair(flow, state, action string) string { return flow + "/" + state + "/" + action }

// missing are the pairs of the tables that were never taken, without those that cannot be.
func (c *coverage) missing(t charts, unreachable []string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for name, flow := range t {
		if name == flows.TokenExchange { // walks come through it, but not everywhere: see testdata/exchange
			continue
		}
		for state, actions := range flow.leads {
			for action := range actions {
				p := pair(name, state, action)
				if c.pairs[p] == 0 && !slices.Contains(unreachable, p) {
					list = append(list, p)
				}
			}
		}
	}
	slices.Sort(list)
	return list
}

// unmarked are the marks that were never made.
func (c *coverage) unmarked(wanted []string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(wanted), func(m string) bool { return c.marks[m] > 0 })
}

// String is a summary for the log.
func (c *coverage) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lines []string
	for m, n := range c.marks {
		lines = append(lines, fmt.Sprintf("%6d %s", n, m))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[7:], b[7:]) })
	return fmt.Sprintf("%d steps over %d pairs\n%s", c.steps, len(c.pairs), strings.Join(lines, "\n"))
}
