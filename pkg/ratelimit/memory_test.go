package ratelimit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/ratelimit"
)

func TestMemory_OfTooManyKeysForgetsTheOneUnusedForLongest(t *testing.T) {
	t.Parallel()
	m := ratelimit.NewMemory(ratelimit.MemoryOptions{MaxKeys: 2})
	limit := ratelimit.Limit{Tokens: 1, Interval: time.Hour}
	take := func(key string) bool {
		d, err := m.Take(t.Context(), key, limit)
		require.NoError(t, err)
		return d.Allowed
	}
	for _, key := range []string{"a", "b", "a", "c"} {
		take(key)
	}
	require.False(t, take("a"), "a refused attempt is a use, too: who attacks is not forgotten")
	require.True(t, take("b"))
	require.Equal(t, 2, m.Len())
}

func TestMemory_ForgetsIdleKeysByItself(t *testing.T) {
	t.Parallel()
	c := newClock()
	m := ratelimit.NewMemory(ratelimit.MemoryOptions{Now: c.now})
	limit := ratelimit.Limit{Tokens: 1, Interval: time.Minute}
	for i := range 100 {
		_, err := m.Take(t.Context(), fmt.Sprint(i), limit)
		require.NoError(t, err)
	}
	require.Equal(t, 100, m.Len())
	c.advance(3*time.Minute - 1)
	_, err := m.Take(t.Context(), "new", limit)
	require.NoError(t, err)
	require.Equal(t, 101, m.Len())

	c.advance(1)
	for range 50 {
		_, err := m.Take(t.Context(), "new", limit)
		require.NoError(t, err)
	}
	require.Equal(t, 1, m.Len())
}
