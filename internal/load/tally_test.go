package load_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/load"
	"github.com/latchkeep/latchkeep/internal/visitor"
)

func TestTally_IsRightToTwoPercent(t *testing.T) {
	t.Parallel()
	tally := load.NewTally()
	for ms := 1; ms <= 1000; ms++ {
		tally.Add("op", time.Duration(ms)*time.Millisecond, nil)
	}
	tally.Add("op", 0, errors.New("no"))
	tally.Add("op", 0, &visitor.Unexpected{Status: 503, Code: "busy"})
	all, _ := tally.Cut()
	require.Len(t, all, 1)
	o := all[0]
	require.Equal(t, 1000, o.Done)
	require.Equal(t, map[string]int{"a wrong answer": 1, "503 busy": 1}, o.Failures)
	for q, got := range map[float64]float64{500: o.P50, 950: o.P95, 990: o.P99} {
		require.InEpsilon(t, q, got, 0.025)
	}
	require.Equal(t, 1000.0, o.Max)
	all, _ = tally.Cut()
	require.Empty(t, all, "a cut begins anew")
}

// slow answers one at a time, after a while.
func slow(after time.Duration) *load.Operation {
	var mu sync.Mutex
	return &load.Operation{Name: "slow", Run: func(_ context.Context, c *visitor.Client) error {
		mu.Lock()
		defer mu.Unlock()
		began := time.Now()
		<-time.After(after)
		c.Took += time.Since(began)
		return nil
	}}
}

func TestPlan_CountsFromWhenARequestShouldHaveBegun(t *testing.T) {
	t.Parallel()
	mix, err := load.ParseMix("slow", []*load.Operation{slow(20 * time.Millisecond)})
	require.NoError(t, err)

	open := load.NewTally()
	late := load.Plan{Mix: mix, Clients: 1, Rate: 100, Duration: time.Second, Tally: open}.Run(t.Context())
	all, _ := open.Cut()
	require.Greater(t, all[0].P95, 300.0, "at twice what it bears, the last ones wait for half a second")
	require.Greater(t, late, 30, "and half of them never begin")

	closed := load.NewTally()
	load.Plan{Mix: mix, Clients: 1, Duration: 500 * time.Millisecond, Tally: closed}.Run(t.Context())
	all, _ = closed.Cut()
	require.Less(t, all[0].P50, 200.0, "who waits for each answer sees nothing of it")
}

func TestMix_FollowsItsWeights(t *testing.T) {
	t.Parallel()
	op := func(name string) *load.Operation {
		return &load.Operation{Name: name, Run: func(context.Context, *visitor.Client) error { return nil }}
	}
	mix, err := load.ParseMix("often=9, seldom", []*load.Operation{op("often"), op("seldom")})
	require.NoError(t, err)
	tally := load.NewTally()
	load.Plan{Mix: mix, Clients: 2, Rate: 4000, Duration: 2 * time.Second, Tally: tally}.Run(t.Context())
	all, _ := tally.Cut()
	require.Greater(t, all[0].Done, 4*all[1].Done)
	require.Positive(t, all[1].Done)
}
