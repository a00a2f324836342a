package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/ratelimit"
)

// eachLimiter runs a test against every store.
func eachLimiter(t *testing.T, test func(t *testing.T, l ratelimit.Limiter)) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, ratelimit.NewMemory(ratelimit.MemoryOptions{}))
	})
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
		t.Cleanup(func() { _ = client.Close() })
		test(t, ratelimit.NewRedis(client))
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		url := os.Getenv("LATCHKEEP_TEST_REDIS_URL")
		if url == "" {
			if os.Getenv("LATCHKEEP_TEST_REQUIRE") == "all" {
				t.Fatal("LATCHKEEP_TEST_REDIS_URL is not set")
			}
			t.Skip("no Redis: LATCHKEEP_TEST_REDIS_URL is not set")
		}
		o, err := redis.ParseURL(url)
		require.NoError(t, err)
		client := redis.NewClient(o)
		t.Cleanup(func() { _ = client.Close() })
		test(t, ratelimit.NewRedis(client))
	})
}

func key(t *testing.T) string { return fmt.Sprintf("%s/%d", t.Name(), time.Now().UnixNano()) }

func TestTake_AllowsAsManyAsTheLimitAndTellsWhenToComeBack(t *testing.T) {
	t.Parallel()
	eachLimiter(t, func(t *testing.T, l ratelimit.Limiter) {
		limit := ratelimit.Limit{Tokens: 3, Interval: time.Minute}
		k := key(t)
		for left := 2; left >= 0; left-- {
			d, err := l.Take(t.Context(), k, limit)
			require.NoError(t, err)
			require.True(t, d.Allowed)
			require.Equal(t, left, d.Remaining)
		}
		for range 3 {
			d, err := l.Take(t.Context(), k, limit)
			require.NoError(t, err)
			require.False(t, d.Allowed)
			require.LessOrEqual(t, d.RetryAfter, time.Minute)
			require.Greater(t, d.RetryAfter, 50*time.Second)
		}
		d, err := l.Take(t.Context(), k+"/other", limit)
		require.NoError(t, err)
		require.True(t, d.Allowed)
	})
}

func TestTake_FillsTheBucketAgainWhenItsWindowEnds(t *testing.T) {
	t.Parallel()
	eachLimiter(t, func(t *testing.T, l ratelimit.Limiter) {
		limit := ratelimit.Limit{Tokens: 1, Interval: 50 * time.Millisecond}
		k := key(t)
		_, err := l.Take(t.Context(), k, limit)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			d, err := l.Take(t.Context(), k, limit)
			return err == nil && d.Allowed
		}, 5*time.Second, 5*time.Millisecond)
	})
}

func TestTake_NeverGivesOneTokenTwice(t *testing.T) {
	t.Parallel()
	eachLimiter(t, func(t *testing.T, l ratelimit.Limiter) {
		k := key(t)
		var allowed atomic.Int64
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if d, err := l.Take(t.Context(), k, ratelimit.Limit{Tokens: 7, Interval: time.Hour}); err == nil && d.Allowed {
					allowed.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 7, allowed.Load())
	})
}

func TestMemory_KeepsABoundedNumberOfKeys(t *testing.T) {
	t.Parallel()
	l := ratelimit.NewMemory(ratelimit.MemoryOptions{MaxKeys: 2})
	limit := ratelimit.Limit{Tokens: 1, Interval: time.Hour}
	for _, k := range []string{"a", "b", "a", "c"} { // b is the one unused for longest
		_, err := l.Take(t.Context(), k, limit)
		require.NoError(t, err)
	}
	a, err := l.Take(t.Context(), "a", limit)
	require.NoError(t, err)
	require.False(t, a.Allowed)
	b, err := l.Take(t.Context(), "b", limit)
	require.NoError(t, err)
	require.True(t, b.Allowed)
}

type broken struct{}

func (broken) Take(context.Context, string, ratelimit.Limit) (ratelimit.Decision, error) {
	return ratelimit.Decision{}, errors.New("gone")
}

func TestWithFallback_CountsInTheProcessWhileTheSharedStoreIsGone(t *testing.T) {
	t.Parallel()
	l := ratelimit.WithFallback(broken{}, ratelimit.NewMemory(ratelimit.MemoryOptions{}), slog.New(slog.DiscardHandler))
	limit := ratelimit.Limit{Tokens: 1, Interval: time.Hour}
	first, err := l.Take(t.Context(), "k", limit)
	require.NoError(t, err)
	second, err := l.Take(t.Context(), "k", limit)
	require.NoError(t, err)
	require.True(t, first.Allowed)
	require.False(t, second.Allowed)
}

func BenchmarkTake(b *testing.B) {
	l := ratelimit.NewMemory(ratelimit.MemoryOptions{})
	for b.Loop() {
		_, _ = l.Take(b.Context(), "k", ratelimit.Limit{Tokens: 5, Interval: time.Minute})
	}
}
