package ratelimit

import (
	"context"
	"sync/atomic"
)

// Counted counts the attempts that a limiter does not allow.
type Counted struct {
	Limiter
	refused atomic.Int64
}

// NewCounted counts what a limiter does not allow.
func NewCounted(l Limiter) *Counted { return &Counted{Limiter: l} }

// Take takes a token of the key, if one is left; see [Limiter].
func (c *Counted) Take(ctx context.Context, key string, l Limit) (Decision, error) {
	d, err := c.Limiter.Take(ctx, key, l)
	if err == nil && !d.Allowed {
		c.refused.Add(1)
	}
	return d, err
}

// Refused is how many attempts were not allowed since the start.
func (c *Counted) Refused() int64 { return c.refused.Load() }
