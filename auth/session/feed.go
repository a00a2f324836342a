package session

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/scope"
)

// When the feed of revocations is read: at set times, far enough back for transactions that commit out of the order in which they wrote; and
// soon after the bell rang, only what is new. Sessions end at every sign-in where their number is limited, so rings are many.
const (
	feedEvery   = 2 * time.Second
	feedOverlap = 15 * time.Second

	ringPause   = 50 * time.Millisecond // between two readings
	ringOverlap = time.Second
)

// Follow makes this replica forget tokens whose sessions ended anywhere, until the context ends. A send on bell reads the feed at once, or
// a moment after the reading before.
func (s *Service) Follow(ctx context.Context, bell <-chan struct{}) {
	ctx = scope.With(ctx, scope.System("follow revoked sessions of all tenants"))
	ticker := time.NewTicker(feedEvery)
	defer ticker.Stop()
	s.follow(ctx, bell, ticker.C)
}

// follow reads the whole feed at each tick, and what is new after a ring.
func (s *Service) follow(ctx context.Context, bell <-chan struct{}, tick <-chan time.Time) {
	rung := time.NewTimer(0)
	rung.Stop()
	whole, read := now(), now() // when all was read, and when anything was
	for {
		var since time.Time
		all := false
		select {
		case <-ctx.Done():
			return
		case <-bell:
			rung.Reset(max(0, ringPause-now().Sub(read)))
			continue
		case <-rung.C:
			since = read.Add(-ringOverlap)
		case <-tick:
			since, all = whole.Add(-feedOverlap), true
		}
		at := now()
		revoked, err := s.store.Raw().RevokedSince(ctx, since)
		if err != nil {
			if ctx.Err() == nil {
				s.log.WarnContext(ctx, "the feed of revoked sessions cannot be read; revocations elsewhere are noticed late", "error", err)
			}
			continue
		}
		s.Forget(revoked...)
		read = at
		if all {
			whole = at
		}
	}
}

// Forget drops what is remembered of sessions that ended.
func (s *Service) Forget(sessions ...uuid.UUID) {
	if len(sessions) > 0 {
		s.cache.forget(sessions...)
	}
}
