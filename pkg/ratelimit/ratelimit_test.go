package ratelimit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/ratelimit"
)

// A clock that a test moves.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 24, 12, 0, 0, 123456000, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// a bench is a limiter with a clock, and a prefix of keys that nobody else uses.
type bench struct {
	ratelimit.Limiter
	*clock
	own string
}

func (b *bench) take(t *testing.T, key string, l ratelimit.Limit) ratelimit.Decision {
	t.Helper()
	d, err := b.Take(t.Context(), b.own+key, l)
	require.NoError(t, err)
	return d
}

// eachStore runs a test against every store.
func eachStore(t *testing.T, test func(t *testing.T, b *bench)) {
	run := func(name string, open func(t *testing.T, c *clock) ratelimit.Limiter) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			test(t, &bench{Limiter: open(t, c), clock: c, own: uuid.NewString() + "/"})
		})
	}
	run("memory", func(_ *testing.T, c *clock) ratelimit.Limiter {
		return ratelimit.NewMemory(ratelimit.MemoryOptions{Now: c.now})
	})
	run("miniredis", func(t *testing.T, c *clock) ratelimit.Limiter {
		return ratelimit.NewRedis(connect(t, &redis.Options{Addr: miniredis.RunT(t).Addr()})).WithClock(c.now)
	})
	run("redis", func(t *testing.T, c *clock) ratelimit.Limiter {
		return ratelimit.NewRedis(realRedis(t)).WithClock(c.now)
	})
}

func connect(t testing.TB, o *redis.Options) redis.UniversalClient {
	client := redis.NewClient(o)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func realRedis(t testing.TB) redis.UniversalClient {
	address := os.Getenv("LATCHKEEP_TEST_REDIS_URL")
	if address == "" {
		if os.Getenv("LATCHKEEP_TEST_REQUIRE") == "all" {
			t.Fatal("LATCHKEEP_TEST_REDIS_URL is not set")
		}
		t.Skip("no Redis: LATCHKEEP_TEST_REDIS_URL is not set")
	}
	o, err := redis.ParseURL(address)
	require.NoError(t, err)
	return connect(t, o)
}

func TestTake_AllowsAsManyAsTheLimitAndTellsWhenToComeBack(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, b *bench) {
		limit := ratelimit.Limit{Tokens: 3, Interval: time.Minute}
		for left := 2; left >= 0; left-- {
			require.Equal(t, ratelimit.Decision{Allowed: true, Remaining: left, RetryAfter: time.Minute - time.Duration(2-left)*time.Second}, b.take(t, "k", limit))
			b.advance(time.Second)
		}
		for range 5 {
			require.Equal(t, ratelimit.Decision{RetryAfter: 57 * time.Second}, b.take(t, "k", limit), "refused attempts extend nothing")
		}
		require.True(t, b.take(t, "other", limit).Allowed, "keys do not share tokens")
	})
}

func TestTake_WindowsLieOnAGridThatStartsAtTheFirstUse(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, b *bench) {
		limit := ratelimit.Limit{Tokens: 2, Interval: time.Minute}
		b.take(t, "k", limit)
		b.advance(59 * time.Second)
		require.Equal(t, ratelimit.Decision{Allowed: true, RetryAfter: time.Second}, b.take(t, "k", limit))
		require.False(t, b.take(t, "k", limit).Allowed)
		b.advance(time.Second - time.Microsecond)
		require.Equal(t, ratelimit.Decision{RetryAfter: time.Microsecond}, b.take(t, "k", limit))

		b.advance(time.Microsecond)
		require.Equal(t, ratelimit.Decision{Allowed: true, Remaining: 1, RetryAfter: time.Minute}, b.take(t, "k", limit), "full again")
		b.advance(90 * time.Second) // in the middle of the window after next
		require.Equal(t, ratelimit.Decision{Allowed: true, Remaining: 1, RetryAfter: 30 * time.Second}, b.take(t, "k", limit), "nothing carries over, the grid stays")
	})
}

func TestTake_AClockThatGoesBackGivesNoTokens(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, b *bench) {
		limit := ratelimit.Limit{Tokens: 1, Interval: time.Minute}
		b.take(t, "k", limit)
		b.advance(time.Minute)
		require.True(t, b.take(t, "k", limit).Allowed)
		b.advance(-90 * time.Second)
		require.False(t, b.take(t, "k", limit).Allowed)
	})
}

func TestTake_AnAbsurdLimitIsOneTokenASecond(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, b *bench) {
		for i, absurd := range []ratelimit.Limit{{}, {Tokens: -1, Interval: -1}} {
			key := fmt.Sprint(i)
			require.Equal(t, ratelimit.Decision{Allowed: true, RetryAfter: time.Second}, b.take(t, key, absurd))
			require.False(t, b.take(t, key, absurd).Allowed)
		}
	})
}

func TestTake_FollowsAChangedLimit(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, b *bench) {
		require.Equal(t, 4, b.take(t, "k", ratelimit.Limit{Tokens: 5, Interval: time.Minute}).Remaining)
		require.Equal(t, 1, b.take(t, "k", ratelimit.Limit{Tokens: 2, Interval: time.Minute}).Remaining, "fewer count at once")
		require.Equal(t, 0, b.take(t, "k", ratelimit.Limit{Tokens: 9, Interval: time.Minute}).Remaining, "more count from the next window")
		b.advance(time.Minute)
		require.Equal(t, 8, b.take(t, "k", ratelimit.Limit{Tokens: 9, Interval: time.Minute}).Remaining)
		require.Equal(t, ratelimit.Decision{Allowed: true, Remaining: 8, RetryAfter: time.Hour}, b.take(t, "k", ratelimit.Limit{Tokens: 9, Interval: time.Hour}), "another interval is another grid")
	})
}

func TestTake_NeverGivesOneTokenTwice(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, b *bench) {
		var allowed atomic.Int64
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if d, err := b.Take(t.Context(), b.own+"k", ratelimit.Limit{Tokens: 7, Interval: time.Hour}); err == nil && d.Allowed {
					allowed.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 7, allowed.Load())
	})
}

// Whatever happens when, no window of the grid ever allows more than its tokens, and no allowed attempt was refusable.
func TestTake_IsAFixedWindowWhateverHappensWhen(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, b *bench) {
		random := rand.New(rand.NewPCG(1, 2))
		limit := ratelimit.Limit{Tokens: 3, Interval: 10 * time.Second}
		start, last := b.now(), b.now()
		used := map[int64]int{}
		for range 400 {
			if b.now().Sub(last) >= 3*limit.Interval { // forgotten: a new grid
				start, used = b.now(), map[int64]int{}
			}
			window := int64(b.now().Sub(start) / limit.Interval)
			d := b.take(t, "k", limit)
			require.Equal(t, used[window] < limit.Tokens, d.Allowed)
			require.Equal(t, start.Add(time.Duration(window+1)*limit.Interval).Sub(b.now()), d.RetryAfter)
			if d.Allowed {
				used[window]++
				require.Equal(t, limit.Tokens-used[window], d.Remaining)
				last = b.now()
			}
			b.advance(time.Duration(random.Int64N(int64(4*time.Second))) / 1000 * 1000)
		}
	})
}

func TestTake_ACallerWhoIsGoneTakesNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, b *bench) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := b.Take(ctx, b.own+"k", ratelimit.Limit{Tokens: 1, Interval: time.Minute})
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, b.take(t, "k", ratelimit.Limit{Tokens: 1, Interval: time.Minute}).Allowed)
	})
}

func BenchmarkTake(b *testing.B) {
	limit := ratelimit.Limit{Tokens: 5, Interval: time.Minute}
	keys := make([]string, 1024)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s/password/192.0.2.%d/kim@shop.example", uuid.NewString(), i)
	}
	bench := func(name string, open func(b *testing.B) ratelimit.Limiter) {
		b.Run(name, func(b *testing.B) {
			limiter := open(b)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := limiter.Take(b.Context(), keys[i%len(keys)], limit); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
	bench("memory", func(*testing.B) ratelimit.Limiter { return ratelimit.NewMemory(ratelimit.MemoryOptions{}) })
	bench("redis", func(b *testing.B) ratelimit.Limiter { return ratelimit.NewRedis(realRedis(b)) })
}
