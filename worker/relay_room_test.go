package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// TestRelay_CallsForNoMoreTenantsThanTheQueueHasRoomFor has many more tenants with something due than a queue may hold, and nobody works.
func TestRelay_CallsForNoMoreTenantsThanTheQueueHasRoomFor(t *testing.T) {
	t.Parallel()
	st, _ := testdb.New(t, "sqlite3")
	keyring, err := secret.NewKeyring([]string{"a secret of the worker's tests, long enough"})
	require.NoError(t, err)
	out := outbox.NewWriter(keyring, nil)
	const tenants = 2 * mostWaiting
	require.NoError(t, st.Do(t.Context(), scope.System("make tenants"), func(ctx context.Context, tx *store.Tx) error {
		for i := range tenants {
			id := uuid.Must(uuid.NewV7())
			if err := tx.Tenant.Create().SetID(id).SetSlug(fmt.Sprintf("shop%d", i)).SetOrigin("v1").SetConfig([]byte("{}")).Exec(ctx); err != nil {
				return err
			}
			if err := out.Write(ctx, tx, outbox.Intent{ID: uuid.Must(uuid.NewV7()), Tenant: id, Kind: event.KindAudit, Payload: []byte("{}")}); err != nil {
				return err
			}
		}
		return nil
	}))

	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	defer client.Close()
	inspector := asynq.NewInspectorFromRedisClient(client)
	now := time.Now()
	room := newQueueRoom(inspector)
	room.now = func() time.Time { return now }
	r := &relay{
		store: st, client: asynq.NewClientFromRedisClient(client), kinds: []string{event.KindAudit, event.KindMail}, now: time.Now, room: room,
		log: slog.New(slog.DiscardHandler),
	}
	ctx := scope.With(t.Context(), scope.System("call for the intents of all tenants"))
	rounds := func(n int) {
		for range n {
			_, err := r.round(ctx)
			require.NoError(t, err)
		}
	}
	waiting := func() int {
		info, err := inspector.GetQueueInfo(event.KindAudit)
		require.NoError(t, err)
		return info.Pending
	}

	rounds(3 * tenants / roundTenants)
	require.GreaterOrEqual(t, waiting(), mostWaiting)
	require.LessOrEqual(t, waiting(), mostWaiting+2*roundTenants)
	require.True(t, room.behind)

	called := map[uuid.UUID]bool{}
	for range 100 { // as who works off all that waits, now and then, would see it
		tasks, err := inspector.ListPendingTasks(event.KindAudit, asynq.PageSize(2*tenants))
		require.NoError(t, err)
		for _, task := range tasks {
			var c call
			require.NoError(t, json.Unmarshal(task.Payload, &c))
			called[c.Tenant] = true
		}
		if len(called) == tenants {
			break
		}
		_, err = inspector.DeleteAllPendingTasks(event.KindAudit)
		require.NoError(t, err)
		now = now.Add(roomEvery)
		rounds(5)
	}
	require.Len(t, called, tenants, "each was called for")
}

func TestRelay_HearsRingsInARowAsOne(t *testing.T) {
	t.Parallel()
	looks := make(chan time.Time, 100)
	st, _ := testdb.New(t, "sqlite3", testdb.WithStatements(func(query string) {
		if strings.Contains(query, "RECURSIVE walk") {
			looks <- time.Now()
		}
	}))
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	defer client.Close()
	bell := make(chan struct{})
	r := &relay{
		store: st, client: asynq.NewClientFromRedisClient(client), kinds: []string{event.KindAudit}, now: time.Now, bell: bell,
		room: newQueueRoom(asynq.NewInspectorFromRedisClient(client)), log: slog.New(slog.DiscardHandler),
	}
	ctx, stop := context.WithCancel(t.Context())
	var both sync.WaitGroup
	both.Go(func() { r.run(ctx) })
	both.Go(func() { // somebody rings all the time
		for {
			select {
			case bell <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	})
	first := <-looks
	var last time.Time
	const more = 5
	for range more {
		last = <-looks
	}
	stop()
	both.Wait()
	require.GreaterOrEqual(t, last.Sub(first), more*relayRest)
}
