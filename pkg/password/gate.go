package password

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A gate lets so many through at once. Who must wait waits in the line of her key, and the lines take turns, so that one
// key's rush delays the others by one place each. When all places to wait are taken, the longest line gives up its last
// one to a key that has fewer, so that a rush cannot lock the others out either.
type gate struct {
	options Options

	mu      sync.Mutex
	free    int
	waiting int
	refused int
	done    int
	lines   map[string][]*ticket // never empty ones
	turns   []string             // the keys of lines, each once, in the order of their turns
}

// A ticket is a place in a line. outcome gets exactly one value, when the ticket has left its line: nil for "go on".
type ticket struct{ outcome chan error }

func newGate(o Options) *gate {
	return &gate{options: o, free: o.Workers, lines: map[string][]*ticket{}}
}

// run waits for its turn and runs f.
func (g *gate) run(ctx context.Context, key string, f func()) error {
	if err := g.enter(ctx, key); err != nil {
		return err
	}
	defer g.leave()
	f()
	return nil
}

func (g *gate) enter(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := g.join(key)
	if t == nil {
		return err
	}
	patience := time.NewTimer(g.options.MaxWait)
	defer patience.Stop()
	select {
	case err := <-t.outcome:
		return err
	case <-ctx.Done():
		return g.giveUp(key, t, ctx.Err())
	case <-patience.C:
		return g.giveUpBusy(key, t)
	}
}

// join takes a free place (no ticket, no error), or a place in the line of key.
func (g *gate) join(key string) (*ticket, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.free > 0 { // then nobody waits
		g.free--
		return nil, nil
	}
	if g.waiting >= g.options.Queue && !g.yield(key) {
		return nil, g.busy()
	}
	t := &ticket{outcome: make(chan error, 1)}
	if len(g.lines[key]) == 0 {
		g.turns = append(g.turns, key)
	}
	g.lines[key] = append(g.lines[key], t)
	g.waiting++
	return t, nil
}

// yield sends away the last of the longest line, if that is longer than the line of key will be.
func (g *gate) yield(key string) bool {
	var longest string
	for other, line := range g.lines {
		if len(line) > len(g.lines[longest]) {
			longest = other
		}
	}
	if len(g.lines[longest]) <= len(g.lines[key])+1 {
		return false
	}
	line := g.lines[longest]
	last := line[len(line)-1]
	g.remove(longest, len(line)-1)
	last.outcome <- g.busy()
	return true
}

// giveUp leaves the line. Who was admitted in the same moment passes the place on.
func (g *gate) giveUp(key string, t *ticket, reason error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.lines[key], t); at >= 0 {
		g.remove(key, at)
	} else if <-t.outcome == nil {
		g.next()
	}
	return reason
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done++
	g.next()
}

// next gives a free place to the line whose turn it is; that line goes to the end.
func (g *gate) next() {
	if len(g.turns) == 0 {
		g.free++
		return
	}
	key := g.turns[0]
	first := g.lines[key][0]
	g.turns = append(slices.Delete(g.turns, 0, 1), key)
	g.remove(key, 0)
	first.outcome <- nil
}

// remove takes a ticket out of a line, and the line out of the turns when it was the last.
func (g *gate) remove(key string, at int) {
	g.waiting--
	line := slices.Delete(g.lines[key], at, at+1)
	if len(line) > 0 {
		g.lines[key] = line
		return
	}
	delete(g.lines, key)
	if i := slices.Index(g.turns, key); i >= 0 {
		g.turns = slices.Delete(g.turns, i, i+1)
	}
}

// busy refuses. The caller holds the lock.
func (g *gate) busy() error {
	g.refused++
	return &BusyError{RetryAfter: g.options.MaxWait}
}

// giveUpBusy is giveUp of who has waited too long.
func (g *gate) giveUpBusy(key string, t *ticket) error {
	err := g.giveUp(key, t, &BusyError{RetryAfter: g.options.MaxWait})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused++
	return err
}
