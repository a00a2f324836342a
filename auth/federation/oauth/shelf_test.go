package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// source counts how often it is asked, and answers with that, or fails, or hangs.
type source struct {
	asked  atomic.Int64
	fail   atomic.Bool
	hang   atomic.Bool
	wanted time.Duration
}

var errSource = errors.New("the source fails")

func (s *source) fetch(ctx context.Context, _ string) (int64, time.Duration, error) {
	n := s.asked.Add(1)
	if s.hang.Load() {
		<-ctx.Done()
		return 0, 0, ctx.Err()
	}
	if s.fail.Load() {
		return 0, 0, errSource
	}
	return n, s.wanted, nil
}

func TestShelf_FetchesOnceForAllWhoWait(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		var s source
		release := make(chan struct{})
		shelf := newShelf(time.Now, func(ctx context.Context, key string) (int64, time.Duration, error) {
			<-release
			return s.fetch(ctx, key)
		})
		var wait sync.WaitGroup
		first, leave := context.WithCancel(t.Context())
		for i := range 50 {
			ctx := t.Context()
			if i == 0 {
				ctx = first
			}
			wait.Go(func() {
				value, err := shelf.get(ctx, "k")
				if i == 0 {
					require.ErrorIs(t, err, context.Canceled)
					return
				}
				require.NoError(t, err)
				require.EqualValues(t, 1, value)
			})
		}
		synctest.Wait()
		leave() // who asked first goes: the others still want it
		synctest.Wait()
		close(release)
		wait.Wait()
		require.EqualValues(t, 1, s.asked.Load())
	})
}

func TestShelf_KeepsADocumentWithinItsBounds(t *testing.T) {
	t.Parallel()

	for wanted, kept := range map[time.Duration]time.Duration{
		0: keptShortest, time.Second: keptShortest, -time.Hour: keptShortest, time.Hour: time.Hour, 1000 * time.Hour: keptLongest,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := source{wanted: wanted}
			shelf := newShelf(time.Now, s.fetch)
			for range 3 {
				_, err := shelf.get(t.Context(), "k")
				require.NoError(t, err)
			}
			time.Sleep(kept - time.Second)
			_, _ = shelf.get(t.Context(), "k")
			require.EqualValues(t, 1, s.asked.Load())
			time.Sleep(time.Second)
			value, err := shelf.get(t.Context(), "k")
			require.NoError(t, err)
			require.EqualValues(t, 2, value)
		})
	}
}

func TestShelf_RemembersAFailureForAMoment(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		var s source
		s.fail.Store(true)
		shelf := newShelf(time.Now, s.fetch)
		for range 100 {
			_, err := shelf.get(t.Context(), "k")
			require.ErrorIs(t, err, errSource)
		}
		require.EqualValues(t, 1, s.asked.Load())
		s.fail.Store(false)
		time.Sleep(keptFailure)
		_, err := shelf.get(t.Context(), "k")
		require.NoError(t, err)
	})
}

func TestShelf_ServesTheOldCopyWhileThereIsNoNewOne(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := source{wanted: time.Hour}
		shelf := newShelf(time.Now, s.fetch)
		_, err := shelf.get(t.Context(), "k")
		require.NoError(t, err)
		time.Sleep(time.Hour)

		s.fail.Store(true)
		value, err := shelf.get(t.Context(), "k")
		require.NoError(t, err)
		require.EqualValues(t, 1, value)

		s.fail.Store(false)
		s.hang.Store(true)
		time.Sleep(keptFailure)
		begin := time.Now()
		for range 10 {
			value, err = shelf.get(t.Context(), "k")
			require.NoError(t, err)
			require.EqualValues(t, 1, value)
		}
		require.LessOrEqual(t, time.Since(begin), stalePatience, "who could have the old one waits little")
		require.EqualValues(t, 3, s.asked.Load())

		time.Sleep(keptStale + Timeout)
		_, err = shelf.get(t.Context(), "k")
		require.Error(t, err, "but not for ever")
		time.Sleep(Timeout) // so that nobody flies any more when the test ends
	})
}

func TestShelf_RenewsWhatIsNotBrandNew(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		s := source{wanted: time.Hour}
		shelf := newShelf(time.Now, s.fetch)
		value, err := shelf.get(t.Context(), "k")
		require.NoError(t, err)
		for range 10 { // somebody who sends unknown keys does not make us ask again and again
			value, err = shelf.renew(t.Context(), "k")
			require.NoError(t, err)
		}
		require.EqualValues(t, 1, value)
		time.Sleep(renewAfter)
		value, err = shelf.renew(t.Context(), "k")
		require.NoError(t, err)
		require.EqualValues(t, 2, value)
		s.fail.Store(true)
		time.Sleep(renewAfter)
		value, err = shelf.renew(t.Context(), "k")
		require.NoError(t, err)
		require.EqualValues(t, 2, value, "there is no other")
	})
}

func TestShelf_HasAnEnd(t *testing.T) {
	t.Parallel()

	var s source
	shelf := newShelf(time.Now, s.fetch)
	for i := range 3 * shelfSize {
		_, err := shelf.get(t.Context(), strconv.Itoa(i))
		require.NoError(t, err)
	}
	require.Equal(t, shelfSize, shelf.slots.Len())
}

// Whatever a provider tells is read or refused, and what is read can be written and read again.
func FuzzDecodeClaims(f *testing.F) {
	for _, seed := range []string{
		`{"sub":"s","email":"a@b","email_verified":"true","aud":["x"],"address":{"region":"r"},"x":[1,{"y":null}]}`, `{"sub":1e5}`, `{"sub":null}`, `[]`,
	} {
		f.Add([]byte(seed), "sub", "id")
	}
	f.Fuzz(func(t *testing.T, raw []byte, ours, theirs string) {
		told, err := readObject(raw)
		if err != nil {
			return
		}
		claims, err := decodeClaims(mapAttributes(told, map[string]string{ours: theirs}), "client")
		if err != nil {
			return
		}
		text, err := json.Marshal(claims)
		require.NoError(t, err)
		var again map[string]any
		require.NoError(t, json.Unmarshal(text, &again))
		require.NotContains(t, claims.Name+claims.Email+claims.Subject, "\x00")
	})
}

func TestMaxAge_ReadsCacheControl(t *testing.T) {
	t.Parallel()

	for value, want := range map[string]time.Duration{
		"": keptUsually, "public, max-age=600": 10 * time.Minute, "MAX-AGE=\"60\"": time.Minute, "no-store": 0, "max-age=x": keptUsually,
		"max-age=99999999999999": keptUsually, "private, no-cache, max-age=60": 0, "max-age=-1": -time.Second,
	} {
		require.Equal(t, want, maxAge(http.Header{"Cache-Control": {value}}), value)
	}
}
