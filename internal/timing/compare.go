package timing

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// What difference is too small to matter: this part of what a request costs, or this much, whichever is more. An attacker sees it through a network
// whose own differences are a hundred times as large.
const (
	tolerablePart = 0.05
	tolerable     = 50 * time.Microsecond
)

// How the interval of a difference is found.
const (
	trimmed   = 0.1 // of either end: what the machine did meanwhile
	resamples = 1000
	outside   = 0.025 // of either end: the interval holds the true difference in 95 of 100 cases
)

// A Verdict is what was found.
type Verdict string

// The verdicts.
const (
	Alike     Verdict = "alike"     // the whole interval is tolerable
	Different Verdict = "different" // none of it is
	Unclear   Verdict = "unclear"   // more samples would tell
)

// A Comparison is of what two kinds of requests cost.
type Comparison struct {
	// First and Second are the trimmed means, Low and High the interval of First - Second.
	First, Second, Low, High time.Duration
	// Bound is what difference is tolerable.
	Bound time.Duration
	// Delta is Cliff's: how much more often one of the first is the dearer of two taken at random than one of the second; from -1 to 1. Z is the
	// normal approximation of the test of Mann and Whitney that goes with it.
	Delta, Z float64
	Verdict  Verdict
}

// Compare compares samples.
func Compare(first, second []time.Duration, rng *rand.Rand) Comparison {
	first, second = slices.Sorted(slices.Values(first)), slices.Sorted(slices.Values(second))
	c := Comparison{First: mean(first), Second: mean(second)}
	c.Bound = max(time.Duration(tolerablePart*float64(max(c.First, c.Second))), tolerable)
	differences := make([]time.Duration, resamples)
	one, two := make([]time.Duration, len(first)), make([]time.Duration, len(second))
	for i := range differences {
		differences[i] = mean(resampled(one, first, rng)) - mean(resampled(two, second, rng))
	}
	slices.Sort(differences)
	at := int(outside * resamples)
	c.Low, c.High = differences[at], differences[len(differences)-1-at]
	c.Delta, c.Z = cliff(first, second)
	switch {
	case c.Low >= -c.Bound && c.High <= c.Bound:
		c.Verdict = Alike
	case c.Low > c.Bound || c.High < -c.Bound:
		c.Verdict = Different
	default:
		c.Verdict = Unclear
	}
	return c
}

// resampled draws as many as there are, with replacement, and sorts them.
func resampled(into, from []time.Duration, rng *rand.Rand) []time.Duration {
	for i := range into {
		into[i] = from[rng.IntN(len(from))]
	}
	slices.Sort(into)
	return into
}

// mean is the trimmed mean of what is sorted.
func mean(sorted []time.Duration) time.Duration {
	cut := int(trimmed * float64(len(sorted)))
	kept := sorted[cut : len(sorted)-cut]
	var sum time.Duration
	for _, d := range kept {
		sum += d
	}
	return sum / time.Duration(max(len(kept), 1))
}

// cliff compares each with each, in one walk through what is sorted.
func cliff(first, second []time.Duration) (delta, z float64) {
	less, more := 0, 0 // how many of the second are below, and not above
	var wins, losses float64
	for _, d := range first {
		for less < len(second) && second[less] < d {
			less++
		}
		for more < len(second) && second[more] <= d {
			more++
		}
		wins += float64(less)
		losses += float64(len(second) - more)
	}
	n, m := float64(len(first)), float64(len(second))
	return (wins - losses) / (n * m), (wins - losses) / 2 / math.Sqrt(n*m*(n+m+1)/12)
}
