package ratelimit

import (
	"container/list"
	"context"
	"sync"
	"time"
)

const (
	// maxKeys is how many keys are kept by default, at about 250 bytes and the key each.
	maxKeys = 100_000
	// sweep is how many keys an attempt looks at to forget them. It is more than one, so that forgetting keeps up.
	sweep = 2
)

// MemoryOptions are optional.
type MemoryOptions struct {
	Now     func() time.Time // the clock
	MaxKeys int              // how many keys are kept; of too many, the one unused for longest is forgotten
}

// Memory counts in this process. It is safe for concurrent use, and nothing of it runs in the background.
type Memory struct {
	now  func() time.Time
	size int

	mu      sync.Mutex
	buckets map[string]*list.Element
	used    *list.List // of *bucket, the one tried last in front
}

type bucket struct {
	key      string
	start    time.Time     // of window 0
	interval time.Duration // of all windows
	window   int64         // in which left was counted
	left     int
	expires  time.Time
}

// NewMemory makes a limiter of this process.
func NewMemory(o MemoryOptions) *Memory {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxKeys <= 0 {
		o.MaxKeys = maxKeys
	}
	return &Memory{now: o.Now, size: o.MaxKeys, buckets: map[string]*list.Element{}, used: list.New()}
}

// Take takes a token. Errors: that of a ctx that is done.
func (m *Memory) Take(ctx context.Context, key string, l Limit) (Decision, error) {
	if err := ctx.Err(); err != nil {
		return Decision{}, err
	}
	l = l.sane()
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.sweep(now)
	b := m.bucket(key, now, l)
	if window := int64(now.Sub(b.start) / l.Interval); window > b.window {
		b.window, b.left = window, l.Tokens
	}
	b.left = min(b.left, l.Tokens)
	d := decide(b.left, b.start.Add(time.Duration(b.window+1)*l.Interval).Sub(now))
	if d.Allowed {
		b.left--
		b.expires = now.Add(keptIntervals * l.Interval)
	}
	return d, nil
}

// Len is how many keys are remembered.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used.Len()
}

func (m *Memory) bucket(key string, now time.Time, l Limit) *bucket {
	if e, ok := m.buckets[key]; ok {
		b := e.Value.(*bucket)
		if b.interval == l.Interval && now.Before(b.expires) {
			m.used.MoveToFront(e)
			return b
		}
		m.forget(e)
	}
	if m.used.Len() >= m.size {
		m.forget(m.used.Back())
	}
	b := &bucket{key: key, start: now, interval: l.Interval, left: l.Tokens}
	m.buckets[key] = m.used.PushFront(b)
	return b
}

// sweep forgets the keys unused for longest if their time is over.
func (m *Memory) sweep(now time.Time) {
	for range sweep {
		last := m.used.Back()
		if last == nil || now.Before(last.Value.(*bucket).expires) {
			return
		}
		m.forget(last)
	}
}

func (m *Memory) forget(e *list.Element) {
	delete(m.buckets, e.Value.(*bucket).key)
	m.used.Remove(e)
}
