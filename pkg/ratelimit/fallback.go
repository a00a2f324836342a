package ratelimit

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// pause is how long a primary that failed is left alone. Without it each attempt would wait for the time-out first.
const pause = 2 * time.Second

// fallback asks a second limiter while the first fails.
type fallback struct {
	primary, secondary Limiter
	log                *slog.Logger
	now                func() time.Time

	mu    sync.Mutex
	lost  bool
	again time.Time // when the primary is tried again; by one attempt, while the others still go to the secondary
}

// WithFallback takes tokens of primary, and of secondary while primary fails, so that attempts stay limited, by each
// process for itself, when Redis is gone. That it is gone, and that it is back, is logged once each.
func WithFallback(primary, secondary Limiter, log *slog.Logger) Limiter {
	return &fallback{primary: primary, secondary: secondary, log: log, now: time.Now}
}

// Take takes a token. Errors: that of a ctx that is done; those of secondary.
func (f *fallback) Take(ctx context.Context, key string, l Limit) (Decision, error) {
	if !f.usePrimary() {
		return f.secondary.Take(ctx, key, l)
	}
	d, err := f.primary.Take(ctx, key, l)
	if err == nil {
		f.found(ctx)
		return d, nil
	}
	if ctx.Err() != nil { // the caller is gone: that says nothing about the primary
		return Decision{}, ctx.Err()
	}
	f.lose(ctx, err)
	return f.secondary.Take(ctx, key, l)
}

func (f *fallback) usePrimary() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.lost {
		return true
	}
	now := f.now()
	if now.Before(f.again) {
		return false
	}
	f.again = now.Add(pause)
	return true
}

func (f *fallback) found(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost {
		f.lost = false
		f.log.InfoContext(ctx, "rate limits are shared again")
	}
}

func (f *fallback) lose(ctx context.Context, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.again = f.now().Add(pause)
	if !f.lost {
		f.lost = true
		f.log.WarnContext(ctx, "the shared rate limits cannot be reached; this process counts alone", "error", err)
	}
}
