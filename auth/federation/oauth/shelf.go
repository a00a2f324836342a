package oauth

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// How long what providers publish is kept.
const (
	// shelfSize is how many documents of a kind are kept: of all tenants, since tenants share issuers.
	shelfSize = 500
	// keptShortest and keptLongest bound what a provider says of its document's life, keptUsually is for one that says nothing.
	keptShortest = 5 * time.Minute
	keptLongest  = 24 * time.Hour
	keptUsually  = time.Hour
	// keptStale is how long after its end a document serves while a newer one cannot be had.
	keptStale = 6 * time.Hour
	// keptFailure is for how long a failure answers all who ask.
	keptFailure = 10 * time.Second
	// stalePatience is how old a fetch may be for somebody to wait for it who could have an old document.
	stalePatience = time.Second
	// renewAfter is the least age at which a document is asked for again because something is missing in it.
	renewAfter = 30 * time.Second
)

// A shelf keeps what providers publish. However many ask for a document, it is fetched once; who fetches holds no lock, and who waits leaves when
// her time is up. It is safe for concurrent use.
type shelf[T any] struct {
	now   func() time.Time
	fetch func(ctx context.Context, key string) (value T, keep time.Duration, err error)
	slots *lru.Cache[string, *slot[T]]
}

type slot[T any] struct {
	mu      sync.Mutex
	have    bool
	value   T
	fetched time.Time // when value was
	expires time.Time // of value
	err     error     // why the last fetch failed
	failed  time.Time // when; zero if it did not
	flight  *flight[T]
}

type flight[T any] struct {
	began time.Time
	done  chan struct{}
	value T
	err   error
}

func newShelf[T any](now func() time.Time, fetch func(context.Context, string) (T, time.Duration, error)) *shelf[T] {
	slots, err := lru.New[string, *slot[T]](shelfSize)
	if err != nil {
		panic(err) // the size is positive
	}
	return &shelf[T]{now: now, fetch: fetch, slots: slots}
}

// get gives a document: the one kept while it is fresh, else a new one, else, for a while, the old one.
func (s *shelf[T]) get(ctx context.Context, key string) (T, error) {
	return s.ask(ctx, key, func(slot *slot[T], now time.Time) bool { return now.Before(slot.expires) })
}

// renew gives a document that was fetched a moment ago, or that is all there is.
func (s *shelf[T]) renew(ctx context.Context, key string) (T, error) {
	return s.ask(ctx, key, func(slot *slot[T], now time.Time) bool { return now.Before(slot.fetched.Add(renewAfter)) })
}

func (s *shelf[T]) ask(ctx context.Context, key string, good func(*slot[T], time.Time) bool) (T, error) {
	slot := s.slot(key)
	slot.mu.Lock()
	now := s.now()
	value, have, err := slot.value, slot.have, slot.err
	if have && good(slot, now) {
		slot.mu.Unlock()
		return value, nil
	}
	usable := have && now.Before(slot.expires.Add(keptStale))
	if !slot.failed.IsZero() && now.Before(slot.failed.Add(keptFailure)) {
		slot.mu.Unlock()
		if usable {
			return value, nil
		}
		return *new(T), err
	}
	f := slot.flight
	if f == nil {
		f = &flight[T]{began: now, done: make(chan struct{})}
		slot.flight = f
		go s.fly(context.WithoutCancel(ctx), key, slot, f)
	}
	slot.mu.Unlock()

	var patience <-chan time.Time
	if usable {
		timer := time.NewTimer(f.began.Add(stalePatience).Sub(now))
		defer timer.Stop()
		patience = timer.C
	}
	select {
	case <-f.done:
		if f.err != nil && usable {
			return value, nil
		}
		return f.value, f.err
	case <-patience:
		return value, nil
	case <-ctx.Done():
		return *new(T), ctx.Err()
	}
}

func (s *shelf[T]) slot(key string) *slot[T] {
	found, ok := s.slots.Get(key)
	if ok {
		return found
	}
	fresh := &slot[T]{}
	if found, ok, _ = s.slots.PeekOrAdd(key, fresh); ok {
		return found
	}
	return fresh
}

// fly fetches for all who wait. The one who asked first may leave: the others still want it.
func (s *shelf[T]) fly(ctx context.Context, key string, slot *slot[T], f *flight[T]) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	value, keep, err := s.fetch(ctx, key)
	f.value, f.err = value, err

	slot.mu.Lock()
	now := s.now()
	if err != nil {
		slot.err, slot.failed = err, now
	} else {
		slot.value, slot.have, slot.err, slot.failed = value, true, nil, time.Time{}
		slot.fetched, slot.expires = now, now.Add(min(max(keep, keptShortest), keptLongest))
	}
	slot.flight = nil
	slot.mu.Unlock()
	close(f.done)
}
