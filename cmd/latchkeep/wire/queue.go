package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// A queue is where the worker's tasks wait: a Redis server, or one inside this process.
type queue struct {
	client redis.UniversalClient
	inside *miniredis.Miniredis
}

// openQueue connects to Redis; without a URL it starts one in the process, for a deployment of one node.
func openQueue(url string) (*queue, error) {
	if url == "" {
		inside, err := miniredis.Run()
		if err != nil {
			return nil, fmt.Errorf("start the queue of this process: %w", err)
		}
		return &queue{client: redis.NewClient(&redis.Options{Addr: inside.Addr()}), inside: inside}, nil
	}
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	o.ContextTimeoutEnabled = true // else nobody's deadline counts, and a Redis that hangs keeps people waiting
	return &queue{client: redis.NewClient(o)}, nil
}

func (q *queue) embedded() bool { return q.inside != nil }

// shared is the client where other replicas see the same Redis, else nil.
func (q *queue) shared() redis.UniversalClient {
	if q.embedded() {
		return nil
	}
	return q.client
}

// run lets the clock of the embedded queue go: it does not by itself.
func (q *queue) run(ctx context.Context) {
	if !q.embedded() {
		return
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			q.inside.FastForward(time.Second)
		}
	}
}

// Close ends the connection, and the embedded queue.
func (q *queue) Close() error {
	err := q.client.Close()
	if errors.Is(err, redis.ErrClosed) {
		err = nil
	}
	if q.embedded() {
		q.inside.Close()
	}
	return err
}
