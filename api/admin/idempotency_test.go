package admin_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

const kimBody = `{"emails":[{"address":"kim@shop.example","is_primary":true}]}`

func TestIdempotencyKey_GivesTheFirstAnswerAgain(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", plain), env.Tenant(t, "bank", plain)
		admin := shop.Admin(t)
		once := admin.With("Idempotency-Key", "order-7")
		first := once.Do(t, http.MethodPost, "/users", kimBody)
		require.Equal(t, http.StatusOK, first.Status, string(first.Body))
		require.Empty(t, first.Header.Get("Idempotency-Replayed"))
		for range 2 {
			again := once.Do(t, http.MethodPost, "/users", kimBody)
			require.Equal(t, http.StatusOK, again.Status)
			require.Equal(t, string(first.Body), string(again.Body))
			require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
			for _, name := range []string{"ETag", "Content-Type"} {
				require.NotEmpty(t, first.Header.Get(name))
				require.Equal(t, first.Header.Get(name), again.Header.Get(name), name)
			}
		}
		require.Equal(t, 1, shop.Count(t, "users"))
		require.Len(t, shop.Events(t), 1)

		require.Equal(t, http.StatusConflict, once.Do(t, http.MethodPost, "/users", `{"username":"kim"}`).Status, "another request")
		require.Equal(t, http.StatusConflict, once.Do(t, http.MethodPost, "/users?x=1", kimBody).Status, "another request")
		require.Equal(t, 1, shop.Count(t, "users"))
		other := shop.Admin(t).With("Idempotency-Key", "order-7").Do(t, http.MethodPost, "/users", `{"username":"lee"}`)
		require.Equal(t, http.StatusOK, other.Status, "another back end's key of the same name")
		foreign := bank.Admin(t).With("Idempotency-Key", "order-7").Do(t, http.MethodPost, "/users", kimBody)
		require.Equal(t, http.StatusOK, foreign.Status, "another tenant's")
		require.NotEqual(t, string(first.Body), string(foreign.Body))

		refused := admin.With("Idempotency-Key", "order-8")
		for _, replayed := range []string{"", "true"} {
			r := refused.Do(t, http.MethodPost, "/users", kimBody)
			require.Equal(t, http.StatusConflict, r.Status)
			require.Equal(t, replayed, r.Header.Get("Idempotency-Replayed"), "a refusal is an answer, too")
		}
		kim := read(t, first, http.StatusOK)
		block := admin.With("Idempotency-Key", "order-9")
		require.Equal(t, http.StatusNoContent, block.Do(t, http.MethodPost, "/users/"+kim.ID.String()+"/block", nil).Status)
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, "/users/"+kim.ID.String()+"/unblock", nil).Status)
		again := block.Do(t, http.MethodPost, "/users/"+kim.ID.String()+"/block", nil)
		require.Equal(t, http.StatusNoContent, again.Status)
		require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
		require.Nil(t, read(t, admin.Get(t, "/users/"+kim.ID.String()), http.StatusOK).BlockedAt, "nothing is done again")
		bulk := admin.With("Idempotency-Key", "order-10")
		body := map[string]any{"user_ids": []string{kim.ID.String()}}
		gone := bulk.Do(t, http.MethodPost, "/users/bulk_delete", body)
		require.Contains(t, string(gone.Body), `"deleted"`)
		require.Equal(t, string(gone.Body), string(bulk.Do(t, http.MethodPost, "/users/bulk_delete", body).Body))
	})
}

func TestIdempotencyKey_OfManyAtOnceOneIsCarriedOut(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		once := shop.Admin(t).With("Idempotency-Key", strings.Repeat("k", 255))
		var mu sync.Mutex
		var wg sync.WaitGroup
		bodies := map[string]int{}
		for range 8 {
			wg.Go(func() {
				r := once.Do(t, http.MethodPost, "/users", `{"username":"kim"}`)
				mu.Lock()
				defer mu.Unlock()
				switch r.Status {
				case http.StatusOK:
					bodies[string(r.Body)]++
				case http.StatusConflict:
					require.NotEmpty(t, r.Header.Get("Retry-After"))
				default:
					t.Errorf("%d %s", r.Status, r.Body)
				}
			})
		}
		wg.Wait()
		require.Len(t, bodies, 1)
		require.Equal(t, 1, shop.Count(t, "users"))
	})
}

func TestIdempotencyKey_MustBeVisibleAndShort(t *testing.T) {
	t.Parallel()

	shop := testenv.OnSQLite(t).Tenant(t, "shop", plain)
	admin := shop.Admin(t)
	for _, bad := range []string{strings.Repeat("k", 256), "a b", "schlüssel"} {
		require.Equal(t, http.StatusBadRequest, admin.With("Idempotency-Key", bad).Do(t, http.MethodPost, "/users", `{"username":"kim"}`).Status, bad)
	}
	twice := admin.With("Idempotency-Key", "a")
	twice.Header.Add("Idempotency-Key", "b")
	require.Equal(t, http.StatusBadRequest, twice.Do(t, http.MethodPost, "/users", `{"username":"kim"}`).Status)
	require.Zero(t, shop.Count(t, "users"))
	big := admin.With("Idempotency-Key", "a").Do(t, http.MethodPost, "/users", `{"username":"`+strings.Repeat("a", 2<<20)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, big.Status)
	reading := shop.Admin(t, "users:read").With("Idempotency-Key", "a")
	require.Equal(t, http.StatusForbidden, reading.Do(t, http.MethodPost, "/users", `{"username":"kim"}`).Status)
	require.Equal(t, http.StatusOK, admin.With("Idempotency-Key", "a").Do(t, http.MethodPost, "/users", `{"username":"kim"}`).Status)
}

func TestIdempotencyKey_IsFreeAgainAfterAMinuteWithoutAnswer(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		once := shop.Admin(t).With("Idempotency-Key", "order-7")
		require.Equal(t, http.StatusOK, once.Do(t, http.MethodPost, "/users", kimBody).Status)
		set := func(status int, expires time.Time) {
			t.Helper()
			require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
				return tx.IdempotencyKey.Update().SetStatus(status).SetExpiresAt(expires.UTC()).Exec(ctx)
			}))
		}
		set(0, time.Now().Add(30*time.Second)) // as if its process worked on it
		r := once.Do(t, http.MethodPost, "/users", kimBody)
		require.Equal(t, http.StatusConflict, r.Status)
		require.Equal(t, "1", r.Header.Get("Retry-After"))
		set(0, time.Now().Add(-time.Second)) // as if its process had died
		r = once.Do(t, http.MethodPost, "/users", `{"username":"lee"}`)
		require.Equal(t, http.StatusOK, r.Status, string(r.Body))
		set(200, time.Now().Add(-time.Second)) // as if a day had passed
		r = once.Do(t, http.MethodPost, "/users", `{"username":"ann"}`)
		require.Equal(t, http.StatusOK, r.Status, string(r.Body))
		require.Empty(t, r.Header.Get("Idempotency-Replayed"))
		set(1, time.Now().Add(time.Hour)) // as if the change had been made and the answer lost
		require.Equal(t, http.StatusConflict, once.Do(t, http.MethodPost, "/users", `{"username":"ann"}`).Status)
		require.Equal(t, 3, shop.Count(t, "users"))
	})
}
