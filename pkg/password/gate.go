package password

import (
	"context"
	"sync"
	"time"
)

// A gate lets so many through at once. Who must wait waits in the line of her key, and the lines take turns, so that one key's rush delays
// the others by one place each.
type gate struct {
	options Options

	mu      sync.Mutex
	free    int
	waiting int
	lines   map[string][]*ticket
	turns   []string // keys with a line, in the order of their turns
}

type ticket struct{ admitted chan struct{} }

func newGate(o Options) *gate {
	return &gate{options: o, free: o.Workers, lines: map[string][]*ticket{}}
}

// run waits for its turn and runs f.
func (g *gate) run(ctx context.Context, key string, f func() error) error {
	if err := g.enter(ctx, key); err != nil {
		return err
	}
	defer g.leave()
	return f()
}

func (g *gate) enter(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	if g.waiting >= g.options.Queue {
		g.mu.Unlock()
		return &BusyError{RetryAfter: g.options.MaxWait}
	}
	t := &ticket{admitted: make(chan struct{})}
	if len(g.lines[key]) == 0 {
		g.turns = append(g.turns, key)
	}
	g.lines[key] = append(g.lines[key], t)
	g.waiting++
	g.mu.Unlock()

	patience := time.NewTimer(g.options.MaxWait)
	defer patience.Stop()
	select {
	case <-t.admitted:
		return nil
	case <-ctx.Done():
		return g.giveUp(key, t, ctx.Err())
	case <-patience.C:
		return g.giveUp(key, t, &BusyError{RetryAfter: g.options.MaxWait})
	}
}

// giveUp leaves the line. Who was admitted in the same moment passes the place on.
func (g *gate) giveUp(key string, t *ticket, err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-t.admitted:
		g.next()
		return err
	default:
	}
	line := g.lines[key]
	for i, other := range line {
		if other == t {
			g.lines[key] = append(line[:i:i], line[i+1:]...)
			g.waiting--
			break
		}
	}
	return err
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

// next gives a free place to the line whose turn it is.
func (g *gate) next() {
	for len(g.turns) > 0 {
		key := g.turns[0]
		g.turns = g.turns[1:]
		line := g.lines[key]
		if len(line) == 0 {
			delete(g.lines, key)
			continue
		}
		g.lines[key] = line[1:]
		if len(line) > 1 {
			g.turns = append(g.turns, key)
		} else {
			delete(g.lines, key)
		}
		g.waiting--
		close(line[0].admitted)
		return
	}
	g.free++
}
