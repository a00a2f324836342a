// Package ratelimit counts attempts: so many tokens in a window of time for each key.
//
// The windows of a key start at its first use. A refused attempt extends nothing, and success resets nothing. Keys are
// opaque texts: who builds them puts the tenant in. See README.md.
//
// The package decides nothing but whether a token is left: what is limited, and what a refused caller sees, is said elsewhere.
package ratelimit

import (
	"context"
	"time"
)

// A Limit allows Tokens attempts in each Interval.
type Limit struct {
	Tokens   int
	Interval time.Duration
}

// sane puts the smallest values that make sense in the place of absurd ones: one token, one second.
func (l Limit) sane() Limit {
	if l.Tokens < 1 {
		l.Tokens = 1
	}
	if l.Interval <= 0 {
		l.Interval = time.Second
	}
	return l
}

// keptIntervals is for how many intervals after the last taken token a key is remembered. Then its windows start anew.
const keptIntervals = 3

// A Decision is the answer to an attempt.
type Decision struct {
	Allowed bool
	// Remaining is how many more attempts the window allows.
	Remaining int
	// RetryAfter is how long until the window ends and the bucket is full again, whether or not this attempt was allowed.
	RetryAfter time.Duration
}

// A Limiter takes tokens. [Memory] and [Redis] are limiters.
type Limiter interface {
	// Take takes a token of the key, if one is left. An attempt that is not allowed is no error; the limit is given each
	// time, and the state of a key survives a change of it as README.md says.
	Take(ctx context.Context, key string, l Limit) (Decision, error)
}

// decide says what an attempt gets, given what is left before it.
func decide(left int, untilEnd time.Duration) Decision {
	if left <= 0 {
		return Decision{RetryAfter: untilEnd}
	}
	return Decision{Allowed: true, Remaining: left - 1, RetryAfter: untilEnd}
}
