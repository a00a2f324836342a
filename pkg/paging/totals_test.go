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

func TestTotals_AreCountedOnceForAWhileAndForAllWhoAsk(t *testing.T) {
	t.Parallel()

	now := time.Now()
	totals := paging.NewTotals(2, func() time.Time { return now })
	counted := 0
	count := func(context.Context) (int, error) { counted++; return 40 + counted, nil }
	of := func(name string) int {
		n, err := totals.Of(t.Context(), name, count)
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 41, of("a"))
	require.Equal(t, 41, of("a"))
	require.Equal(t, 42, of("b"), "another list")
	now = now.Add(paging.TotalAge - time.Millisecond)
	require.Equal(t, 41, of("a"))
	now = now.Add(time.Millisecond)
	require.Equal(t, 43, of("a"), "it is too old")
	require.Equal(t, 44, of("c"))
	require.Equal(t, 45, of("b"), "there was room for two")
}

func TestTotals_WhoAsksMeanwhileWaitsForTheOneWhoCounts(t *testing.T) {
	t.Parallel()

	totals := paging.NewTotals(10, time.Now)
	begun, finish := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		n, err := totals.Of(t.Context(), "a", func(context.Context) (int, error) { close(begun); <-finish; return 7, nil })
		require.NoError(t, err)
		require.Equal(t, 7, n)
	})
	<-begun
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := totals.Of(gone, "a", nil)
	require.ErrorIs(t, err, context.Canceled, "who goes away does not wait")
	all.Go(func() {
		n, err := totals.Of(t.Context(), "a", func(context.Context) (int, error) { return 0, errors.New("counted twice") })
		require.NoError(t, err)
		require.Equal(t, 7, n)
	})
	close(finish)
	all.Wait()
}

func TestTotals_AFailureIsNotRemembered(t *testing.T) {
	t.Parallel()

	totals := paging.NewTotals(10, time.Now)
	broken := errors.New("broken")
	_, err := totals.Of(t.Context(), "a", func(context.Context) (int, error) { return 0, broken })
	require.ErrorIs(t, err, broken)
	require.Panics(t, func() { _, _ = totals.Of(t.Context(), "a", func(context.Context) (int, error) { panic("broken") }) })
	n, err := totals.Of(t.Context(), "a", func(context.Context) (int, error) { return 7, nil })
	require.NoError(t, err)
	require.Equal(t, 7, n)
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
