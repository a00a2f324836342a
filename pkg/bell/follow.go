package bell

import (
	"context"
	"time"
)

// A Feed is a table of what happened, which replicas read to be no more than a moment behind. All of it that can still be new is read at set
// times: as far back as transactions that commit out of the order in which they wrote, and clocks that differ, ask for. After a ring only the
// latest of it is read, and rings that follow each other closely are answered together: what a change costs stays the same however many there are.
type Feed struct {
	Every   time.Duration // between two readings of the whole
	Overlap time.Duration // how far back the whole goes, before the last reading of it

	RingPause   time.Duration // at least, between a reading and the one that answers a ring
	RingOverlap time.Duration // how far back that one goes, before the last reading of any kind

	// Read reads what happened at or after a time. After an error the same is read again the next time.
	Read func(ctx context.Context, since time.Time) error
	// Now is the clock that wrote the feed's times.
	Now func() time.Time
}

// Follow reads the feed until the context ends: from time to time, and after each ring. The bell may be nil.
func (f Feed) Follow(ctx context.Context, bell <-chan struct{}) {
	ticker := time.NewTicker(f.Every)
	defer ticker.Stop()
	f.FollowTicks(ctx, bell, ticker.C)
}

// FollowTicks is Follow with a clock of the caller's own: the whole is read at its ticks.
func (f Feed) FollowTicks(ctx context.Context, bell <-chan struct{}, tick <-chan time.Time) {
	rung := time.NewTimer(0)
	rung.Stop()
	whole, read := f.Now(), f.Now() // when all was read, and when anything was
	for {
		var since time.Time
		all := false
		select {
		case <-ctx.Done():
			return
		case <-bell:
			rung.Reset(max(0, f.RingPause-f.Now().Sub(read)))
			continue
		case <-rung.C:
			since = read.Add(-f.RingOverlap)
		case <-tick:
			since, all = whole.Add(-f.Overlap), true
		}
		at := f.Now()
		if f.Read(ctx, since) != nil {
			continue
		}
		read = at
		if all {
			whole = at
		}
	}
}
