package paging

import (
	"context"
	"errors"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// TotalAge is how old a total may be that was counted before.
const TotalAge = 5 * time.Second

// Totals remembers for a moment how many members long lists have, since counting them costs more than showing a page. It is safe for concurrent
// use.
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
	at      time.Time // before counting began
}

// NewTotals remembers the totals of so many lists. now is time.Now but in tests.
func NewTotals(size int, now func() time.Time) *Totals {
	known, err := lru.New[string, *total](max(size, 1))
	if err != nil {
		panic("paging: the size is positive: " + err.Error())
	}
	return &Totals{now: now, known: known}
}

// Of is how many members the list of a name has, as counted at most [TotalAge] ago: count is called where nobody did since. Who asks while
// others count waits for them. Errors: that of count, which is not remembered; that of ctx.
func (c *Totals) Of(ctx context.Context, name string, count func(context.Context) (int, error)) (int, error) {
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

// take finds a count that is fresh enough, or begins one that the caller has to carry out.
func (c *Totals) take(name string) (t *total, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if t, ok := c.known.Get(name); ok && now.Sub(t.at) < TotalAge {
		return t, false
	}
	t = &total{counted: make(chan struct{}), at: now}
	c.known.Add(name, t)
	return t, true
}

// count carries out a count and lets those who wait know. One that fails, or panics, is forgotten.
func (c *Totals) count(ctx context.Context, name string, t *total, count func(context.Context) (int, error)) {
	t.err = errNotCounted
	defer func() {
		if t.err != nil {
			c.mu.Lock()
			if known, ok := c.known.Peek(name); ok && known == t {
				c.known.Remove(name)
			}
			c.mu.Unlock()
		}
		close(t.counted)
	}()
	t.n, t.err = count(ctx)
}

var errNotCounted = errors.New("nothing was counted")
