package jose

import (
	"context"
	"fmt"
)

// A Pool has some RSA keys ready: making one takes a good part of a second of CPU. Other keys it makes when asked.
type Pool struct{ ready chan *Key }

// NewPool keeps so many RSA keys ready once Run runs.
func NewPool(size int) *Pool { return &Pool{ready: make(chan *Key, max(size, 0))} }

// Get returns a new key. Each key is given out once.
func (p *Pool) Get(ctx context.Context, alg Alg) (*Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get key: %w", err)
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

// Fill keeps the pool filled until the context ends. Call it where RSA keys will be asked for: an idle pool costs nothing.
func (p *Pool) Fill(ctx context.Context) {
	for ctx.Err() == nil {
		key, err := Generate(RS256)
		if err != nil {
			return // the system has no randomness left: Get will say so
		}
		select {
		case p.ready <- key:
		case <-ctx.Done():
		}
	}
}
