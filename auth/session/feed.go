package session

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/bell"
)

// ringPause is the time between two readings of the feed. Sessions end at every sign-in where their number is limited, so rings are many.
const ringPause = 50 * time.Millisecond

// Follow makes this replica forget tokens whose sessions ended anywhere, until the context ends. A send on rings reads the feed at once, or
// a moment after the reading before.
func (s *Service) Follow(ctx context.Context, rings <-chan struct{}) {
	s.feed().Follow(scope.With(ctx, scope.System("follow revoked sessions of all tenants")), rings)
}

func (s *Service) feed() bell.Feed {
	return bell.Feed{
		Every: 2 * time.Second, Overlap: 15 * time.Second, RingPause: ringPause, RingOverlap: time.Second, Now: now, Read: s.readFeed,
	}
}

func (s *Service) readFeed(ctx context.Context, since time.Time) error {
	revoked, err := s.store.Raw().RevokedSince(ctx, since)
	if err != nil {
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "the feed of revoked sessions cannot be read; revocations elsewhere are noticed late", "error", err)
		}
		return err
	}
	s.Forget(revoked...)
	return nil
}

// Forget drops what is remembered of sessions that ended.
func (s *Service) Forget(sessions ...uuid.UUID) {
	if len(sessions) > 0 {
		s.cache.forget(sessions...)
	}
}
