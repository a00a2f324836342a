package jose

import (
	"context"
	"fmt"
)

// A Pool keeps a few RSA keys ready, because making one takes longer than creating a whole tenant should. Other keys are
// made when asked for.
type Pool struct{ ready chan *Key }

// NewPool makes a pool with room for size keys. It is empty until [Pool.Fill] runs; without that, keys are made on demand.
func NewPool(size int) *Pool { return &Pool{ready: make(chan *Key, max(size, 0))} }

// Get gives a new key for alg, from the pool if one is ready. A key is given out once. Errors: that of ctx, if it is
// done already; [ErrNotAKey] for an unknown algorithm.
func (p *Pool) Get(ctx context.Context, alg Alg) (*Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get a key for %s: %w", alg, err)
	}
	if alg == RS256 {
		select {
		case key := <-p.ready:
			return key, nil
		default:
		}
	}
	return Generate(alg)
}

// Fill keeps the pool filled, one key after another, until ctx is done. A full pool costs nothing: the key that finds no
// room waits for one to be taken.
func (p *Pool) Fill(ctx context.Context) {
	for ctx.Err() == nil {
		key, err := Generate(RS256)
		if err != nil {
			return // Get meets the same error and can report it
		}
		select {
		case p.ready <- key:
		case <-ctx.Done():
		}
	}
}
