package bell_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/bell"
)

// hears waits for a ring and fails when none comes.
func hears(t *testing.T, ch <-chan struct{}) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(time.Minute):
		t.Fatal("the bell was not heard")
	}
}

func TestBell_IsHeardInTheSameProcessWithoutRedis(t *testing.T) {
	t.Parallel()
	b := bell.New(nil, slog.New(slog.DiscardHandler))
	first, second, other := b.Listen("outbox"), b.Listen("outbox"), b.Listen("sessions")

	b.Ring("outbox")
	b.Ring("outbox") // heard as one

	hears(t, first)
	hears(t, second)
	require.Empty(t, other)
	require.Empty(t, first)
}

func TestBell_IsHeardByOtherProcessesThroughRedis(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	open := func() *bell.Bell {
		client := redis.NewClient(&redis.Options{Addr: server.Addr()})
		t.Cleanup(func() { _ = client.Close() })
		return bell.New(client, slog.New(slog.DiscardHandler))
	}
	here, there := open(), open()
	ch := there.Listen("outbox")
	go here.Run(ctx)
	go there.Run(ctx)

	require.Eventually(t, func() bool { return server.PubSubNumPat() == 2 }, 30*time.Second, 5*time.Millisecond)
	here.Ring("outbox")

	hears(t, ch)
}

func TestBell_StopsWithItsContextThoughNobodyRings(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	b := bell.New(client, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		b.Run(ctx)
		close(done)
	}()
	require.Eventually(t, func() bool { return server.PubSubNumPat() == 1 }, 30*time.Second, 5*time.Millisecond)

	stop()

	hears(t, done)
}
