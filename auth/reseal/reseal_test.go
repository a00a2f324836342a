package reseal_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestReencrypt_SealsEverythingThatStaysAnewAndThenTheOldSecretCanGo(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		withSystem(t, st)
		shop, school := build(t, st, ring(t, first)), build(t, st, ring(t, first))
		clock := newClock()
		both := room(st, ring(t, second, first), clock)

		counted, err := both.Count(t.Context(), quiet)
		require.NoError(t, err)
		old := ring(t, first).CurrentKey().String()
		require.Equal(t, 2*(places+expire), counted.Total(old), counted.Values)
		require.Zero(t, counted.Resealed)
		shop.opens(t, st, ring(t, first)) // nothing was changed

		report, err := both.Reencrypt(t.Context(), quiet)
		require.NoError(t, err)
		require.Equal(t, 2*places, report.Resealed)
		require.Equal(t, 2*expire, report.Total(old), "what expires is left")
		require.NoError(t, both.Check(report))
		for _, h := range []house{shop, school} {
			h.opens(t, st, ring(t, second))
		}

		s, err := both.Status(t.Context())
		require.NoError(t, err)
		require.Len(t, s.Entries, 2)
		require.False(t, s.Entries[1].Removable, "flows that began before are sealed under it")
		require.NotNil(t, s.Entries[1].RemovableFrom)
		require.Equal(t, 2*expire, s.Stale())
		require.Zero(t, s.Unreadable())

		require.NoError(t, st.Do(t.Context(), everybody, func(ctx context.Context, tx *store.Tx) error {
			tx.Flow.Delete().ExecX(ctx)
			tx.IdempotencyKey.Delete().ExecX(ctx)
			return nil
		}))
		report, err = both.Reencrypt(t.Context(), quiet)
		require.NoError(t, err)
		require.Zero(t, report.Resealed, "what is under the newest is left alone")
		require.False(t, removable(t, both), "starts of flows that browsers have are sealed under it for a day")
		clock.at = clock.at.Add(reseal.Transient)
		require.True(t, removable(t, both))

		recorded := st.Reader().Intent.Query().Where(intent.Kind("audit"), intent.TenantID(tenants.SystemID)).CountX(scope.With(t.Context(), everybody))
		require.Equal(t, 1, recorded, "the log of the console tells of the pass that did something")
	})
}

func removable(t *testing.T, r *reseal.Room) bool {
	t.Helper()
	s, err := r.Status(t.Context())
	require.NoError(t, err)
	return s.Entries[1].Removable
}

func TestReencrypt_TellsOfWhatNobodyCanReadAndLeavesIt(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		withSystem(t, st)
		h := build(t, st, ring(t, first))
		foreign := ring(t, "Zo7dKq1xQe9sRb4tWv5y")
		damaged, lost := ring(t, first).Seal([]byte("x"), []byte("somebody else")), foreign.Seal([]byte("x"), nil)
		require.NoError(t, st.Do(t.Context(), scope.Tenant(h.id), func(ctx context.Context, tx *store.Tx) error {
			tx.TOTPSecret.UpdateOneID(h.app).SetSecret(damaged).ExecX(ctx)
			tx.WebhookEndpoint.UpdateOneID(h.hook).SetSecrets(lost).ExecX(ctx)
			tx.RecoveryCode.Update().SetHash([]byte("a hash of old")).ExecX(ctx)
			return nil
		}))
		r := room(st, ring(t, second, first), newClock())
		report, err := r.Reencrypt(t.Context(), quiet)
		require.NoError(t, err)
		require.Equal(t, places-3, report.Resealed)
		require.ErrorIs(t, r.Check(report), reseal.ErrUnreadable)
		require.Equal(t, 1, report.Total(reseal.Damaged))
		require.Equal(t, 1, report.Total(reseal.Unsealed))
		require.Equal(t, 1, report.Total(foreign.CurrentKey().String()))
		s, err := r.Status(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, s.Unreadable(), describe(s))
		inside := scope.With(t.Context(), scope.Tenant(h.id))
		require.Equal(t, damaged, st.Reader().TOTPSecret.GetX(inside, h.app).Secret)
		require.Equal(t, lost, st.Reader().WebhookEndpoint.GetX(inside, h.hook).Secrets)
	})
}

func TestReencrypt_NeverOverwritesWhatSomebodyElseWroteMeanwhile(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		withSystem(t, st)
		h := build(t, st, ring(t, first))
		clock := newClock()
		r := room(st, ring(t, second, first), clock)
		written := 0
		clock.looked = func() { // she changes her app between each read and write of the pass, on a replica that has the old secret first
			written++
			sealed := ring(t, first).Seal([]byte(strconv.Itoa(written)), totp.SealedFor(h.id, h.user))
			assertNoError(t, st.Do(t.Context(), scope.Tenant(h.id), func(ctx context.Context, tx *store.Tx) error {
				return tx.TOTPSecret.UpdateOneID(h.app).SetSecret(sealed).Exec(ctx)
			}))
		}
		report, err := r.Reencrypt(t.Context(), quiet)
		require.NoError(t, err)
		require.Equal(t, 1, report.Overtaken)
		require.Equal(t, places-1, report.Resealed)
		clock.looked = nil
		s, err := r.Status(t.Context())
		require.NoError(t, err)
		require.False(t, s.Entries[1].Removable)
		require.Nil(t, s.Entries[1].RemovableFrom, "nobody knows under what she wrote")

		report, err = r.Reencrypt(t.Context(), quiet)
		require.NoError(t, err)
		require.Equal(t, 1, report.Resealed)
		row := st.Reader().TOTPSecret.GetX(scope.With(t.Context(), everybody), h.app)
		plain, err := ring(t, second).Open(row.Secret, totp.SealedFor(h.id, h.user))
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(written), string(plain), "the last one to write wins")
	})
}

func assertNoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestReencrypt_GoesOnWhereItWasKilled(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		withSystem(t, st)
		const houses = 120
		var all []house
		for range houses {
			all = append(all, build(t, st, ring(t, first)))
		}
		clock := newClock()
		resealed := 0
		for range 100 { // a process for each portion
			killed, kill := context.WithCancel(t.Context())
			report, err := room(st, ring(t, second, first), clock).Reencrypt(killed, func(reseal.Progress) { kill() })
			kill()
			require.GreaterOrEqual(t, report.Resealed, resealed, "nothing is counted twice or lost")
			resealed = report.Resealed
			if err == nil {
				break
			}
			require.ErrorIs(t, err, context.Canceled)
		}
		require.Equal(t, houses*places, resealed)
		for _, h := range all {
			h.opens(t, st, ring(t, second))
		}
	})
}

func TestReencrypt_SeveralWorkersDoEachPortionOnce(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		withSystem(t, st)
		const houses = 120
		var all []house
		for range houses {
			all = append(all, build(t, st, ring(t, first)))
		}
		clock := newClock()
		var workers sync.WaitGroup
		for range 4 {
			workers.Go(func() {
				r := room(st, ring(t, second, first), clock)
				for range 200 {
					p, err := r.Advance(t.Context(), clock.at.Add(time.Second))
					assertNoError(t, err)
					if p.Done {
						return
					}
				}
				t.Error("it never ends")
			})
		}
		workers.Wait()
		s, err := room(st, ring(t, second, first), clock).Status(t.Context())
		require.NoError(t, err)
		require.NotNil(t, s.Counted)
		require.Equal(t, houses, s.Entries[0].Places["totp_secrets.secret"], "each is counted once")
		require.Equal(t, 2*houses, s.Entries[0].Places["outbox.payload"])
		require.Equal(t, houses*expire, s.Stale())
		for _, h := range all {
			h.opens(t, st, ring(t, second))
		}
	})
}

// The second secret is on all replicas before it comes first on any. Until all have it first, those that do not must not undo what the others do.
func TestAdvance_AReplicaThatIsBehindDoesNotSealBack(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		withSystem(t, st)
		h := build(t, st, ring(t, first))
		clock := newClock()
		late, ahead := room(st, ring(t, first, second), clock), room(st, ring(t, second, first), clock)
		run := func(r *reseal.Room) error {
			_, err := r.Advance(t.Context(), clock.at.Add(time.Minute))
			return err
		}
		require.NoError(t, run(late))
		clock.at = clock.at.Add(time.Minute)
		require.NoError(t, run(ahead))
		h.opens(t, st, ring(t, second))
		clock.at = clock.at.Add(time.Hour)
		require.ErrorIs(t, run(late), reseal.ErrBehind)
		h.opens(t, st, ring(t, second))
		s, err := late.Status(t.Context())
		require.NoError(t, err)
		require.True(t, s.Behind)
		require.False(t, s.Entries[1].Removable, "who is behind says of none that it can go")

		clock.at = clock.at.Add(-2 * time.Hour)     // by a clock that is behind
		_, err = late.Reencrypt(t.Context(), quiet) // somebody insists: the new secret is not wanted after all
		require.NoError(t, err)
		h.opens(t, st, ring(t, first))
		require.ErrorIs(t, run(ahead), reseal.ErrBehind)
		clock.at = clock.at.Add(51 * time.Hour)
		require.NoError(t, run(ahead), "nobody has worked for the other for long: it is first nowhere any more")
		h.opens(t, st, ring(t, second))
	})
}

func TestAdvance_BeginsAgainWhereThereMayBeMoreAndLeavesTheRestInPeace(t *testing.T) {
	t.Parallel()

	st, _ := testdb.New(t, "sqlite3")
	withSystem(t, st)
	build(t, st, ring(t, first))
	clock := newClock()
	r := room(st, ring(t, second, first), clock)
	began := func() time.Time {
		p, err := r.Advance(t.Context(), clock.at.Add(time.Minute))
		require.NoError(t, err)
		require.True(t, p.Done)
		return p.Report.Began
	}
	once := began()
	clock.at = clock.at.Add(59 * time.Minute)
	require.Equal(t, once, began())
	clock.at = clock.at.Add(time.Minute)
	twice := began()
	require.NotEqual(t, once, twice, "a replica may have sealed something under the old one meanwhile")
	require.NoError(t, st.Do(t.Context(), everybody, func(ctx context.Context, tx *store.Tx) error {
		tx.Flow.Delete().ExecX(ctx)
		tx.IdempotencyKey.Delete().ExecX(ctx)
		return nil
	}))
	clock.at = clock.at.Add(time.Hour)
	clean := began()
	require.NotEqual(t, twice, clean)
	clock.at = clock.at.Add(23 * time.Hour)
	require.Equal(t, clean, began())
	clock.at = clock.at.Add(time.Hour)
	require.NotEqual(t, clean, began())
}
