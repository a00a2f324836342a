package session

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// a follower is a replica that hears a bell and a clock of the test's own.
type follower struct {
	*Service
	bell  chan struct{}
	tick  chan time.Time
	reads *atomic.Int64 // of the feed
	shop  uuid.UUID
}

// eachFollower runs a test on every database.
func eachFollower(t *testing.T, test func(t *testing.T, f *follower)) {
	t.Helper()
	for _, dialect := range testdb.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			f := &follower{bell: make(chan struct{}, 1), tick: make(chan time.Time), reads: &atomic.Int64{}, shop: uuid.Must(uuid.NewV7())}
			st, _ := testdb.New(t, dialect, testdb.WithStatements(func(query string) {
				if strings.Contains(query, "SELECT session_id FROM revocations") {
					f.reads.Add(1)
				}
			}))
			f.Service = New(st, nil, func() {}, 100, slog.New(slog.DiscardHandler))
			require.NoError(t, st.Do(t.Context(), scope.System("make a tenant"), func(ctx context.Context, tx *store.Tx) error {
				return tx.Tenant.Create().SetID(f.shop).SetSlug("shop").SetName("shop").SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx)
			}))
			ctx, stop := context.WithCancel(scope.With(t.Context(), scope.System("follow revoked sessions")))
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				f.feed().FollowTicks(ctx, f.bell, f.tick)
			}()
			defer func() { stop(); <-ended }()
			test(t, f)
		})
	}
}

// remember has the replica remember a token of a new session.
func (f *follower) remember() (session uuid.UUID) {
	session = uuid.Must(uuid.NewV7())
	f.cache.put(tokenHash(append(session[:], session[:]...)), &entry{parsed: parsed{sessionID: session}})
	return session
}

func (f *follower) remembers(session uuid.UUID) bool {
	return f.cache.get(tokenHash(append(session[:], session[:]...))) != nil
}

// revoke is what another replica does: it ends a session, so long ago.
func (f *follower) revoke(t *testing.T, session uuid.UUID, ago time.Duration) {
	t.Helper()
	require.NoError(t, f.store.Do(t.Context(), scope.Tenant(f.shop), func(ctx context.Context, tx *store.Tx) error {
		at := now()
		return tx.Revocation.Create().SetSessionID(session).SetCreatedAt(at.Add(-ago)).SetExpiresAt(at.Add(time.Hour)).Exec(ctx)
	}))
}

func (f *follower) forgets(t *testing.T, session uuid.UUID) {
	t.Helper()
	require.Eventually(t, func() bool { return !f.remembers(session) }, 30*time.Second, 5*time.Millisecond)
}

func TestFollow_ARingIsHeardWithoutWaitingForTheClock(t *testing.T) {
	t.Parallel()
	eachFollower(t, func(t *testing.T, f *follower) { // whose clock never ticks
		for range 3 {
			gone, stays := f.remember(), f.remember()
			f.revoke(t, gone, 0)
			require.True(t, f.remembers(gone), "nobody said anything")
			f.bell <- struct{}{}
			f.forgets(t, gone)
			require.True(t, f.remembers(stays))
		}
	})
}

func TestFollow_TheClockFindsWhatNoRingTold(t *testing.T) {
	t.Parallel()
	eachFollower(t, func(t *testing.T, f *follower) {
		gone := f.remember()
		f.revoke(t, gone, 10*time.Second) // by a transaction that took long
		f.tick <- now()
		f.forgets(t, gone)
	})
}

func TestFollow_ARingReadsNoMoreThanWhatIsNew(t *testing.T) {
	t.Parallel()
	eachFollower(t, func(t *testing.T, f *follower) {
		old, fresh := f.remember(), f.remember()
		f.revoke(t, old, 10*time.Second)
		f.revoke(t, fresh, 0)
		f.bell <- struct{}{}
		f.forgets(t, fresh)
		require.True(t, f.remembers(old), "that is for the clock")
		f.tick <- now()
		f.forgets(t, old)
	})
}

func TestFollow_ManyRingsAreReadAsFew(t *testing.T) {
	t.Parallel()
	eachFollower(t, func(t *testing.T, f *follower) {
		began := time.Now()
		for range 2000 {
			f.bell <- struct{}{}
		}
		gone := f.remember()
		f.revoke(t, gone, 0)
		f.bell <- struct{}{}
		f.forgets(t, gone)
		most := int64(time.Since(began)/ringPause) + 2
		require.LessOrEqual(t, f.reads.Load(), most, "one reading in %s", ringPause)
	})
}
