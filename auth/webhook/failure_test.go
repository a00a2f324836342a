package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// endpoint is how an endpoint does, as the API shows it.
type endpoint struct {
	ID       uuid.UUID
	Callback string
	Source   string
	Events   []string
	Enabled  bool
	Failures int
	Circuit  string
	RetryAt  *time.Time `json:"retry_at"`
	Waiting  int
	Success  *time.Time `json:"last_success_at"`
	Failure  *time.Time `json:"last_failure_at"`
	Error    string     `json:"last_error"`
}

func endpoints(t testing.TB, s *testenv.Tenant) []endpoint {
	t.Helper()
	r := s.Admin(t).Get(t, "/webhooks/endpoints")
	require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
	var list []endpoint
	r.JSON(t, &list)
	return list
}

func enable(t testing.TB, s *testenv.Tenant, id uuid.UUID) endpoint {
	t.Helper()
	r := s.Admin(t).Do(t, http.MethodPost, "/webhooks/endpoints/"+id.String()+"/enable", nil)
	require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
	var e endpoint
	r.JSON(t, &e)
	return e
}

func TestCircuit_OpensHalfOpensAndCloses(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		receiver.Always(500)
		for range 40 {
			shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		}
		shop.FannedOut(t)
		open := func() endpoint {
			t.Helper()
			var e endpoint
			require.Eventually(t, func() bool { e = endpoints(t, shop)[0]; return e.Circuit == "open" && e.RetryAt != nil }, patience, 20*time.Millisecond)
			return e
		}
		e := open()
		require.Equal(t, 10, e.Failures)
		require.Equal(t, 40, e.Waiting)
		require.Equal(t, "the answer was 500", e.Error)
		require.WithinDuration(t, clock.Now().Add(30*time.Second), *e.RetryAt, 10*time.Second)
		tried := len(receiver.Calls())
		require.LessOrEqual(t, tried, 14, "no more than were under way at once")
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		shop.FannedOut(t)

		for i, want := range []time.Duration{60 * time.Second, 120 * time.Second, 240 * time.Second, 480 * time.Second, 600 * time.Second, 600 * time.Second} {
			clock.Move(e.RetryAt.Sub(clock.Now()) + time.Second)
			env.App.Ring()
			receiver.Wait(t, tried+i+1)
			require.Eventually(t, func() bool { e = endpoints(t, shop)[0]; return e.Failures == 11+i && e.Circuit == "open" }, patience, 20*time.Millisecond)
			require.WithinDuration(t, clock.Now().Add(want), *e.RetryAt, 10*time.Second)
			require.Len(t, receiver.Calls(), tried+i+1, "one attempt as a probe")
		}
		receiver.Always(200)
		clock.Move(601 * time.Second)
		env.App.Ring()
		require.Eventually(t, func() bool { e = endpoints(t, shop)[0]; return e.Waiting == 0 }, patience, 20*time.Millisecond)
		require.Equal(t, "closed", e.Circuit)
		require.Zero(t, e.Failures)
		require.NotNil(t, e.Success)
		for _, d := range deliveries(t, shop) {
			require.Equal(t, "delivered", d.State, "what had been put off comes at once, too")
		}
	})
}

func TestEndpoint_ThatIsGoneIsDisabledAndWhatWaitsIsDropped(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		made, configured := testenv.NewReceiver(t), testenv.NewReceiver(t)
		shop := env.Tenant(t, "shop", `{"webhooks":{"enabled":true,"hooks":[{"callback":"`+configured.URL+`","events":["user"]}]}}`)
		h := subscribe(t, shop, made.URL, "user")
		replica := shop.On(env.Replica(t))
		made.Always(410)
		configured.Always(410)
		kim := uuid.New()
		shop.Tell(t, event.UserLogin, kim, numbered(3)...)
		states(t, shop, 2, map[string]int{"dropped": 6})
		require.False(t, read(t, shop, h.ID).Enabled)
		for _, e := range endpoints(t, shop) {
			require.False(t, e.Enabled, e.Source)
			require.Equal(t, "the answer was 410", e.Error)
		}
		reasons := shop.AuditOf(t, event.WebhookDisabled, 2)
		require.Contains(t, reasons[0].Details["reason"], "410")

		made.Always(200)
		configured.Always(200)
		require.Eventually(t, func() bool {
			before := len(deliveries(t, shop))
			replica.Tell(t, event.UserLogin, kim, map[string]any{})
			shop.FannedOut(t)
			return len(deliveries(t, shop)) == before
		}, patience, 100*time.Millisecond, "every replica knows")
		for _, e := range endpoints(t, shop) {
			again := enable(t, shop, e.ID)
			require.True(t, again.Enabled)
			require.Equal(t, e.Source, again.Source)
		}
		require.True(t, read(t, shop, h.ID).Enabled)
		shop.Tell(t, event.UserLogin, kim, map[string]any{"n": 7})
		made.Wait(t, 2)
		configured.Wait(t, 2)
		shop.AuditOf(t, event.WebhookEnabled, 2)
	})
}

func TestEndpoint_ThatFailsSixEventsInARowIsDisabled(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		h := subscribe(t, shop, receiver.URL, "user")
		receiver.Always(500)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 1, map[string]int{"waiting": 1})
		idle(t, shop)
		clock.Move(73 * time.Hour) // now whatever happens is older than three days
		env.App.Ring()
		for i := range 5 {
			states(t, shop, i+2, map[string]int{"dead": i + 1})
			idle(t, shop)
			now := read(t, shop, h.ID)
			require.Equal(t, i+1, now.Failures)
			require.True(t, now.Enabled)
			if i < 4 {
				shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
			}
		}
		receiver.Always(200)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 7, map[string]int{"dead": 5, "delivered": 1})
		idle(t, shop)
		now := read(t, shop, h.ID)
		require.Zero(t, now.Failures, "a success counts for all")
		require.WithinDuration(t, clock.Now().Add(30*24*time.Hour), now.Expires, time.Minute)

		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Webhook.UpdateOneID(h.ID).SetFailures(5).Exec(ctx)
		}))
		receiver.Always(500)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		require.Eventually(t, func() bool { return !read(t, shop, h.ID).Enabled }, patience, 20*time.Millisecond)
		require.Equal(t, 6, read(t, shop, h.ID).Failures)
		require.Contains(t, shop.AuditOf(t, event.WebhookDisabled, 1)[0].Details["reason"], "six events")
	})
}

func TestEndpoint_LapsesWithoutASuccessWhereTheTenantWantsThat(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		h := subscribe(t, shop, receiver.URL, "user")
		clock.Move(31 * 24 * time.Hour)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 1, map[string]int{"delivered": 1})
		shop.Configure(t, `{"webhooks":{"allow_time_expiration":true}}`)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 2, map[string]int{"delivered": 2})
		clock.Move(31 * 24 * time.Hour)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 2, map[string]int{"delivered": 2, "dropped": 1})
		require.False(t, read(t, shop, h.ID).Enabled)
		shop.AuditOf(t, event.WebhookDisabled, 1)
	})
}

func TestEndpoint_ThatIsDeletedOrDisabledIsToldNothingMore(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		admin := shop.Admin(t)
		receiver.Always(500)
		first := subscribe(t, shop, receiver.URL, "user")
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 1, map[string]int{"waiting": 1})
		idle(t, shop)
		r := admin.Do(t, http.MethodPut, "/webhooks/"+first.ID.String(), map[string]any{"callback": receiver.URL, "events": []string{"user"}, "enabled": false})
		require.Equal(t, http.StatusOK, r.Status)
		states(t, shop, 1, map[string]int{"dropped": 1})
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, "/webhooks/"+first.ID.String(), nil).Status)
		second := subscribe(t, shop, receiver.URL, "user")
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 2, map[string]int{"dropped": 1, "waiting": 1})
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, "/webhooks/"+second.ID.String(), nil).Status)
		states(t, shop, 2, map[string]int{"dropped": 2})
		clock.Move(time.Hour)
		require.Len(t, receiver.Calls(), 2)
		require.Empty(t, endpoints(t, shop))
	})
}

func TestDelivery_AHangingEndpointWithALongQueueHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		dead, alive := testenv.NewReceiver(t), testenv.NewReceiver(t)
		dead.Answer(func(testenv.Call) testenv.Reply { return testenv.Reply{Hang: true} })
		for i := range 20 { // more endpoints than a tenant may keep busy
			subscribe(t, shop, fmt.Sprintf("%s/%d", dead.URL, i), "user")
		}
		subscribe(t, bank, alive.URL, "user")
		for range 15 {
			for range 4 {
				shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
			}
		}
		dead.Wait(t, 12)
		for i := range 10 {
			bank.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
			alive.Wait(t, i+1)
		}
		require.Less(t, len(dead.Calls()), 20*14, "most of what waits there has not been tried")
	})
}
