package paging_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// many is a long list's counter: it says what count counts, and that there are more than few.
func many(count func(context.Context) (int, error)) paging.Counter {
	return func(ctx context.Context, most int) (int, error) {
		if most > 0 {
			return most, nil
		}
		return count(ctx)
	}
}

func TestTotals_OfFewAreCountedEachTime(t *testing.T) {
	t.Parallel()

	totals := paging.NewTotals(2, time.Now)
	counted := paging.Few - 2
	count := func(_ context.Context, most int) (int, error) {
		require.Equal(t, paging.Few+1, most, "no more is counted than tells that there are few")
		counted++
		return counted, nil
	}
	for i := range 2 {
		n, err := totals.Of(t.Context(), "a", count)
		require.NoError(t, err)
		require.Equal(t, paging.Few-1+i, n)
	}
}

func TestTotals_OfManyAreCountedOnceForAWhileAndForAllWhoAsk(t *testing.T) {
	t.Parallel()

	now := time.Now()
	totals := paging.NewTotals(2, func() time.Time { return now })
	counted, takes := paging.Few, time.Duration(0)
	count := many(func(context.Context) (int, error) { counted++; now = now.Add(takes); return counted, nil })
	of := func(name string) int {
		n, err := totals.Of(t.Context(), name, count)
		require.NoError(t, err)
		return n - paging.Few
	}
	require.Equal(t, 1, of("a"))
	require.Equal(t, 1, of("a"))
	require.Equal(t, 2, of("b"), "another list")
	now = now.Add(paging.TotalAge - time.Millisecond)
	require.Equal(t, 1, of("a"))
	now = now.Add(time.Millisecond)
	require.Equal(t, 3, of("a"), "it is too old")
	require.Equal(t, 4, of("c"))
	require.Equal(t, 5, of("b"), "there was room for two")

	takes = time.Second
	require.Equal(t, 6, of("a"))
	now = now.Add(198 * time.Second)
	require.Equal(t, 6, of("a"), "what took long is kept long")
	now = now.Add(time.Second)
	require.Equal(t, 7, of("a"))

	takes = time.Hour
	require.Equal(t, 8, of("d"))
	require.Equal(t, 9, of("d"), "but no longer than MaxTotalAge, which has gone by while it was counted")
}

func TestTotals_OfManyThatBecameFewAreForgotten(t *testing.T) {
	t.Parallel()

	totals := paging.NewTotals(2, time.Now)
	n, err := totals.Of(t.Context(), "a", many(func(context.Context) (int, error) { return 3, nil }))
	require.NoError(t, err)
	require.Equal(t, 3, n, "most were deleted while it was counted")
	n, err = totals.Of(t.Context(), "a", func(context.Context, int) (int, error) { return 2, nil })
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func TestTotals_WhoAsksMeanwhileWaitsForTheOneWhoCounts(t *testing.T) {
	t.Parallel()

	totals := paging.NewTotals(10, time.Now)
	begun, finish := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		n, err := totals.Of(t.Context(), "a", many(func(context.Context) (int, error) { close(begun); <-finish; return 7000, nil }))
		require.NoError(t, err)
		require.Equal(t, 7000, n)
	})
	<-begun
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := totals.Of(gone, "a", many(nil))
	require.ErrorIs(t, err, context.Canceled, "who goes away does not wait")
	all.Go(func() {
		n, err := totals.Of(t.Context(), "a", many(func(context.Context) (int, error) { return 0, errors.New("counted twice") }))
		require.NoError(t, err)
		require.Equal(t, 7000, n)
	})
	close(finish)
	all.Wait()
}

func TestTotals_AFailureIsNotRemembered(t *testing.T) {
	t.Parallel()

	totals := paging.NewTotals(10, time.Now)
	broken := errors.New("broken")
	_, err := totals.Of(t.Context(), "a", func(context.Context, int) (int, error) { return 0, broken })
	require.ErrorIs(t, err, broken)
	_, err = totals.Of(t.Context(), "a", many(func(context.Context) (int, error) { return 0, broken }))
	require.ErrorIs(t, err, broken)
	require.Panics(t, func() {
		_, _ = totals.Of(t.Context(), "a", many(func(context.Context) (int, error) { panic("broken") }))
	})
	n, err := totals.Of(t.Context(), "a", many(func(context.Context) (int, error) { return 7000, nil }))
	require.NoError(t, err)
	require.Equal(t, 7000, n)
}

func TestCursor_BelongsToItsList(t *testing.T) {
	t.Parallel()

	keyring, err := secret.NewKeyring([]string{"a secret of tests only"})
	require.NoError(t, err)
	type list struct{ Name, Filter string }
	cursor := paging.SealCursor(keyring, list{"people", "kim"}, []int{1, 2})
	require.NotContains(t, cursor, "1,2")
	var place []int
	require.True(t, paging.OpenCursor(keyring, list{"people", "kim"}, cursor, &place))
	require.Equal(t, []int{1, 2}, place)
	for _, other := range []list{{"people", "sam"}, {"log", "kim"}, {}} {
		require.False(t, paging.OpenCursor(keyring, other, cursor, &place), other)
	}
	for _, wrong := range []string{"", "x", cursor[1:], cursor + "A"} {
		require.False(t, paging.OpenCursor(keyring, list{"people", "kim"}, wrong, &place), wrong)
	}
}
