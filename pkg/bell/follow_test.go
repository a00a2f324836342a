package bell_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/bell"
)

// follows runs a feed whose readings are noted as how far back they go.
func follows(t *testing.T, fails func(reading int) bool, test func(ring func(), back func() []time.Duration)) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var backs []time.Duration
		f := bell.Feed{
			Every: 3 * time.Second, Overlap: time.Minute, RingPause: 50 * time.Millisecond, RingOverlap: 2 * time.Second, Now: time.Now,
			Read: func(_ context.Context, since time.Time) error {
				mu.Lock()
				defer mu.Unlock()
				backs = append(backs, time.Since(since))
				if fails != nil && fails(len(backs)) {
					return errors.New("away")
				}
				return nil
			},
		}
		ctx, stop := context.WithCancel(t.Context())
		rings := make(chan struct{}, 1)
		go f.Follow(ctx, rings)
		test(func() { rings <- struct{}{}; synctest.Wait() }, func() []time.Duration {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(backs)
		})
		stop()
		synctest.Wait()
	})
}

func TestFeed_ReadsLittleAfterARingAndTheWholeFromTimeToTime(t *testing.T) {
	t.Parallel()
	follows(t, nil, func(ring func(), back func() []time.Duration) {
		time.Sleep(time.Second)
		ring()
		require.Equal(t, []time.Duration{3 * time.Second}, back(), "at once: a second since the beginning, and two more")
		time.Sleep(2100 * time.Millisecond)
		require.Equal(t, []time.Duration{3 * time.Second, 63 * time.Second}, back())
		ring()
		require.Equal(t, 2100*time.Millisecond, back()[2], "a ring need not go back to the last ring")
	})
}

func TestFeed_AnswersManyRingsTogether(t *testing.T) {
	t.Parallel()
	follows(t, nil, func(ring func(), back func() []time.Duration) {
		time.Sleep(time.Second)
		for range 100 {
			ring()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond)
		require.Len(t, back(), 3, "at the first, and twice in the tenth of a second that followed")
	})
}

func TestFeed_ReadsAgainWhatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	follows(t, func(reading int) bool { return reading <= 2 }, func(_ func(), back func() []time.Duration) {
		time.Sleep(10 * time.Second)
		require.Equal(t, []time.Duration{63 * time.Second, 66 * time.Second, 69 * time.Second}, back())
	})
}
