// Package ratelimit counts attempts: so many tokens in a window of time for each key.
//
// The window of a key starts at its first use. A refused attempt extends nothing, and success resets nothing. Keys are opaque texts; who
// builds them puts the tenant in. See README.md.
package ratelimit

import (
	"context"
	"log/slog"
	"time"
)

// A Limit allows Tokens attempts in each Interval.
type Limit struct {
	Tokens   int
	Interval time.Duration
}

// sane is the limit with the smallest values that make sense in place of absurd ones.
func (l Limit) sane() Limit {
	if l.Tokens < 1 {
		l.Tokens = 1
	}
	if l.Interval <= 0 {
		l.Interval = time.Second
	}
	return l
}

// A Decision is the answer to an attempt.
type Decision struct {
	Allowed   bool
	Remaining int
	// RetryAfter is how long until the window ends.
	RetryAfter time.Duration
}

// A Limiter takes tokens.
type Limiter interface {
	// Take takes a token of the key, if one is left.
	Take(ctx context.Context, key string, l Limit) (Decision, error)
}

// decide says what an attempt gets, given what is left before it.
func decide(left int, untilEnd time.Duration) Decision {
	if left <= 0 {
		return Decision{RetryAfter: untilEnd}
	}
	return Decision{Allowed: true, Remaining: left - 1, RetryAfter: untilEnd}
}

// fallback asks a second limiter where the first fails.
type fallback struct {
	primary, secondary Limiter
	log                *slog.Logger
}

// WithFallback takes tokens of primary, and of secondary while primary fails: attempts stay limited in each process when Redis is gone.
func WithFallback(primary, secondary Limiter, log *slog.Logger) Limiter {
	return &fallback{primary, secondary, log}
}

func (f *fallback) Take(ctx context.Context, key string, l Limit) (Decision, error) {
	d, err := f.primary.Take(ctx, key, l)
	if err == nil || ctx.Err() != nil {
		return d, err
	}
	f.log.WarnContext(ctx, "the shared rate limits cannot be reached; this process counts alone", "error", err)
	return f.secondary.Take(ctx, key, l)
}
