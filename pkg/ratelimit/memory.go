package ratelimit

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// maxKeys is how many keys are kept; the one unused for longest goes first.
const maxKeys = 200_000

// MemoryOptions are optional.
type MemoryOptions struct {
	Now     func() time.Time
	MaxKeys int
}

// Memory counts in this process.
type Memory struct {
	now  func() time.Time
	size int

	mu      sync.Mutex
	buckets map[string]*list.Element
	used    *list.List // of *bucket, latest first
}

type bucket struct {
	key    string
	start  time.Time
	window int64
	left   int
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

// Take takes a token.
func (m *Memory) Take(ctx context.Context, key string, l Limit) (Decision, error) {
	if err := ctx.Err(); err != nil {
		return Decision{}, err
	}
	l = l.sane()
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.bucket(key, now, l)
	if window := int64(now.Sub(b.start) / l.Interval); window > b.window {
		b.window, b.left = window, l.Tokens
	}
	d := decide(b.left, b.start.Add(time.Duration(b.window+1)*l.Interval).Sub(now))
	if d.Allowed {
		b.left--
	}
	return d, nil
}

func (m *Memory) bucket(key string, now time.Time, l Limit) *bucket {
	if e, ok := m.buckets[key]; ok {
		m.used.MoveToFront(e)
		return e.Value.(*bucket)
	}
	for m.used.Len() >= m.size {
		last := m.used.Back()
		delete(m.buckets, last.Value.(*bucket).key)
		m.used.Remove(last)
	}
	b := &bucket{key: key, start: now, left: l.Tokens}
	m.buckets[key] = m.used.PushFront(b)
	return b
}
