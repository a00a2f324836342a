package session

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/scope"
)

// The feed of revocations is read this often; a bell, where there is one, makes it sooner.
const feedEvery = 2 * time.Second

// feedOverlap is how far back the feed is read again each time: transactions commit out of the order in which they wrote.
const feedOverlap = 15 * time.Second

// Follow makes this replica forget tokens whose sessions ended anywhere, until the context ends. A send on bell reads the feed at once.
func (s *Service) Follow(ctx context.Context, bell <-chan struct{}) {
	ctx = scope.With(ctx, scope.System("follow revoked sessions of all tenants"))
	ticker := time.NewTicker(feedEvery)
	defer ticker.Stop()
	since := now().Add(-feedOverlap)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-bell:
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
		since = at.Add(-feedOverlap)
	}
}

// Forget drops what is remembered of sessions that ended.
func (s *Service) Forget(sessions ...uuid.UUID) {
	if len(sessions) > 0 {
		s.cache.forget(sessions...)
	}
}
