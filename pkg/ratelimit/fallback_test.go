package ratelimit

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// scripted is a limiter that fails as told, and counts how often it was asked.
type scripted struct {
	err   error
	asked int
	while func() // what happens meanwhile
}

func (s *scripted) Take(context.Context, string, Limit) (Decision, error) {
	s.asked++
	if s.while != nil {
		s.while()
	}
	return Decision{Allowed: true, Remaining: 99}, s.err
}

func TestWithFallback_CountsInTheProcessWhileTheSharedStoreIsGone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	primary := &scripted{err: errors.New("connection refused")}
	var logged bytes.Buffer
	l := WithFallback(primary, NewMemory(MemoryOptions{}), slog.New(slog.NewTextHandler(&logged, nil))).(*fallback)
	l.now = func() time.Time { return now }
	limit := Limit{Tokens: 2, Interval: time.Hour}
	take := func() Decision {
		d, err := l.Take(t.Context(), "k", limit)
		require.NoError(t, err)
		return d
	}

	require.Equal(t, 1, take().Remaining)
	require.Equal(t, 0, take().Remaining)
	require.False(t, take().Allowed, "attempts stay limited")
	require.Equal(t, 1, primary.asked, "nobody waits for a store that is known to be gone")

	now = now.Add(pause)
	require.False(t, take().Allowed)
	require.False(t, take().Allowed)
	require.Equal(t, 2, primary.asked, "one attempt looks whether it is back")
	require.Equal(t, 1, strings.Count(logged.String(), "counts alone"), "said once")

	now = now.Add(pause)
	primary.while = func() { require.False(t, take().Allowed) }
	require.False(t, take().Allowed)
	require.Equal(t, 3, primary.asked, "the others do not wait for the one that looks")
	primary.while = nil

	primary.err = nil
	now = now.Add(pause)
	require.Equal(t, 99, take().Remaining)
	require.Equal(t, 99, take().Remaining)
	require.Contains(t, logged.String(), "shared again")
}

func TestWithFallback_ACallerWhoIsGoneSaysNothingAboutTheStore(t *testing.T) {
	t.Parallel()
	primary := &scripted{err: context.Canceled}
	l := WithFallback(primary, NewMemory(MemoryOptions{}), slog.New(slog.DiscardHandler))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.Take(gone, "k", Limit{})
	require.ErrorIs(t, err, context.Canceled)

	primary.err = nil
	d, err := l.Take(t.Context(), "k", Limit{})
	require.NoError(t, err)
	require.Equal(t, 99, d.Remaining, "the primary is still asked")
}
