// Package bell wakes up whoever waits for news, in this process and in others that share a Redis.
//
// A bell carries no data and may be lost: what it announces stands in a database, and whoever waits also looks there from time to time.
// Many rings in a row may be heard as one.
package bell

import (
	"context"
	"log/slog"
	"sync"

	"github.com/redis/go-redis/v9"
)

// prefix of the Redis channels.
const prefix = "latchkeep:bell:"

// A Bell has any number of names; who listens to a name hears it rung.
type Bell struct {
	redis redis.UniversalClient // nil: only this process
	log   *slog.Logger

	mu        sync.Mutex
	listeners map[string][]chan struct{}
	pending   map[string]bool
	wake      chan struct{}
}

// New returns a bell. Without Redis it is heard in this process only.
func New(client redis.UniversalClient, log *slog.Logger) *Bell {
	return &Bell{
		redis: client, log: log,
		listeners: map[string][]chan struct{}{}, pending: map[string]bool{}, wake: make(chan struct{}, 1),
	}
}

// Listen returns a channel on which rings of a name arrive. Call it before Run.
func (b *Bell) Listen(name string) <-chan struct{} {
	ch := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listeners[name] = append(b.listeners[name], ch)
	return ch
}

// Ring never waits: this process hears it at once, the others soon after.
func (b *Bell) Ring(name string) {
	b.hear(name)
	if b.redis == nil {
		return
	}
	b.mu.Lock()
	b.pending[name] = true
	b.mu.Unlock()
	poke(b.wake)
}

func (b *Bell) hear(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ch := range b.listeners[name] {
		poke(ch)
	}
}

// poke leaves one token in a channel.
func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Run carries rings to other processes and hears theirs, until the context ends.
func (b *Bell) Run(ctx context.Context) {
	if b.redis == nil {
		<-ctx.Done()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { b.send(ctx) })
	both.Go(func() { b.receive(ctx) })
	both.Wait()
}

func (b *Bell) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		b.mu.Lock()
		names := b.pending
		b.pending = map[string]bool{}
		b.mu.Unlock()
		for name := range names {
			if err := b.redis.Publish(ctx, prefix+name, "").Err(); err != nil && ctx.Err() == nil {
				b.log.DebugContext(ctx, "a bell is not heard elsewhere", "bell", name, "error", err)
			}
		}
	}
}

// receive hears the rings of others. The subscription pings its connection and makes a new one when that is lost; waiting for a message
// itself would not notice that the context has ended.
func (b *Bell) receive(ctx context.Context) {
	sub := b.redis.PSubscribe(ctx, prefix+"*")
	defer sub.Close()
	messages := sub.Channel()
	for {
		select {
		case <-ctx.Done():
			return
		case m, open := <-messages:
			if !open {
				return
			}
			b.hear(m.Channel[len(prefix):])
		}
	}
}
