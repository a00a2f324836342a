package paging

import (
	"context"
	"errors"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// Few is how many members of a list are counted anew each time. The total of more may be older.
	Few = 2000
	// TotalAge is how old a larger total may be at least, and MaxTotalAge at most. Between them it may be a number of times as old as counting took,
	// so that counting a list costs a small part of a processor, however long the list and however often it is shown.
	TotalAge    = 5 * time.Second
	MaxTotalAge = 10 * time.Minute
	// ageByCost is that number of times: half a percent of a processor.
	ageByCost = 200
)

// A Counter counts the members of a list, but no more than most where that is positive.
type Counter func(ctx context.Context, most int) (int, error)

// Totals knows how many members lists have. Short lists are counted at every request; of long ones, where counting costs more than showing a
// page, the total is remembered for a while. It is safe for concurrent use.
type Totals struct {
	now   func() time.Time
	mu    sync.Mutex
	known *lru.Cache[string, *total]
}

// total is a count, or one that is under way.
type total struct {
	counted chan struct{}
	n       int
	err     error
	until   time.Time // when it must be counted anew; zero while it is counted
}

// NewTotals remembers the totals of so many lists. now is time.Now but in tests.
func NewTotals(size int, now func() time.Time) *Totals {
	known, err := lru.New[string, *total](max(size, 1))
	if err != nil {
		panic("paging: the size is positive: " + err.Error())
	}
	return &Totals{now: now, known: known}
}

// Of is how many members the list of a name has: exactly, up to [Few]; more as of a while ago. Who asks while others count a long list
// waits for them. Errors: that of count, which is not remembered; that of ctx.
func (c *Totals) Of(ctx context.Context, name string, count Counter) (int, error) {
	if n, ok := c.remembered(name); ok {
		return n, nil
	}
	if n, err := count(ctx, Few+1); err != nil || n <= Few {
		return n, err
	}
	for {
		t, mine := c.take(name)
		if mine {
			c.count(ctx, name, t, count)
			return t.n, t.err
		}
		select {
		case <-t.counted:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		if t.err == nil {
			return t.n, nil
		} // who counted may have gone away; count oneself
	}
}

// remembered is a total that was counted and is not too old.
func (c *Totals) remembered(name string) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.known.Get(name); ok && c.now().Before(t.until) {
		return t.n, true
	}
	return 0, false
}

// take finds a count that is fresh enough or under way, or begins one that the caller has to carry out.
func (c *Totals) take(name string) (t *total, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.known.Get(name); ok && (t.until.IsZero() || c.now().Before(t.until)) {
		return t, false
	}
	t = &total{counted: make(chan struct{})}
	c.known.Add(name, t)
	return t, true
}

// count carries out a count and lets those who wait know. One that fails, or panics, is forgotten, and so is one of few.
func (c *Totals) count(ctx context.Context, name string, t *total, count Counter) {
	n, err, began := 0, errNotCounted, c.now()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		t.n, t.err = n, err
		t.until = began.Add(min(max(ageByCost*c.now().Sub(began), TotalAge), MaxTotalAge))
		if known, ok := c.known.Peek(name); ok && known == t && (err != nil || n <= Few) {
			c.known.Remove(name)
		}
		close(t.counted)
	}()
	n, err = count(ctx, 0)
}

var errNotCounted = errors.New("nothing was counted")
