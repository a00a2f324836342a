package ratelimit_test

import (
	"net"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/ratelimit"
)

func TestRedis_GoesByTheClockOfTheServer(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	server.SetTime(at)
	limiter := ratelimit.NewRedis(connect(t, &redis.Options{Addr: server.Addr()}))
	limit := ratelimit.Limit{Tokens: 1, Interval: time.Minute}

	first, err := limiter.Take(t.Context(), "k", limit)
	require.NoError(t, err)
	require.Equal(t, ratelimit.Decision{Allowed: true, RetryAfter: time.Minute}, first)
	server.SetTime(at.Add(59 * time.Second))
	refused, err := limiter.Take(t.Context(), "k", limit)
	require.NoError(t, err)
	require.Equal(t, ratelimit.Decision{RetryAfter: time.Second}, refused)
	server.SetTime(at.Add(60 * time.Second))
	again, err := limiter.Take(t.Context(), "k", limit)
	require.NoError(t, err)
	require.True(t, again.Allowed)
}

func TestRedis_KeysExpireThreeIntervalsAfterTheLastTakenToken(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	limiter := ratelimit.NewRedis(connect(t, &redis.Options{Addr: server.Addr()}))
	limit := ratelimit.Limit{Tokens: 1, Interval: 40 * time.Second}
	take := func() {
		_, err := limiter.Take(t.Context(), "tenant/k", limit)
		require.NoError(t, err)
	}
	take()
	require.Equal(t, []string{"latchkeep:limit:tenant/k"}, server.Keys())
	require.Equal(t, 2*time.Minute, server.TTL("latchkeep:limit:tenant/k"))
	server.FastForward(time.Minute)
	take() // refused by the same clock: FastForward moves lifetimes only
	require.Equal(t, time.Minute, server.TTL("latchkeep:limit:tenant/k"))
	server.FastForward(time.Minute)
	require.Empty(t, server.Keys())
}

func TestRedis_StartsAnewWhereAKeyHoldsSomethingElse(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	server.HSet("latchkeep:limit:k", "s", "garbage", "k", "-7")
	limiter := ratelimit.NewRedis(connect(t, &redis.Options{Addr: server.Addr()}))
	d, err := limiter.Take(t.Context(), "k", ratelimit.Limit{Tokens: 2, Interval: time.Minute})
	require.NoError(t, err)
	require.Equal(t, 1, d.Remaining)
}

func TestRedis_AServerThatNeverAnswersIsGivenUpSoon(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	limiter := ratelimit.NewRedis(connect(t, &redis.Options{Addr: silent.Addr().String()}))
	start := time.Now()
	_, err = limiter.Take(t.Context(), "k", ratelimit.Limit{Tokens: 1, Interval: time.Minute})
	require.Error(t, err)
	require.Less(t, time.Since(start), 3*time.Second, "the client itself would wait for longer")
}
