package webhook_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// delivery is a delivery as the API shows it.
type delivery struct {
	ID, MessageID, Endpoint uuid.UUID
	Event, State            string
	Attempts                int
	Status                  int `json:"last_status"`
	Replayable              bool
	Created                 time.Time `json:"created_at"`
	Log                     []struct {
		At        time.Time
		Status    int
		LatencyMS int64 `json:"latency_ms"`
		Excerpt   string
		Error     string
	} `json:"attempt_log"`
}

func listed(t testing.TB, s *testenv.Tenant, query string) (list []delivery, next string) {
	t.Helper()
	r := s.Admin(t).Get(t, "/webhooks/deliveries?"+query)
	require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
	r.JSON(t, &list)
	return list, r.Header.Get("X-Next-Cursor")
}

func replay(t testing.TB, s *testenv.Tenant, body string) int {
	t.Helper()
	r := s.Admin(t).Do(t, http.MethodPost, "/webhooks/replay", body)
	require.Equal(t, http.StatusAccepted, r.Status, "%s", r.Body)
	var got struct{ Replayed int }
	r.JSON(t, &got)
	return got.Replayed
}

func TestReplay_SendsTheSameMessageAgain(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		receiver, second := testenv.NewReceiver(t), testenv.NewReceiver(t)
		h, other := subscribe(t, shop, receiver.URL, "user", "email.send"), subscribe(t, shop, second.URL, "user")
		receiver.Answer(func(testenv.Call) testenv.Reply { return testenv.Reply{Status: 500, Body: "broken"} })
		clock.Move(73 * time.Hour)
		shop.Tell(t, event.UserLogin, uuid.New(), numbered(3)...)
		states(t, shop, 6, map[string]int{"dead": 3, "delivered": 3})
		receiver.Always(200)
		ids := map[string]bool{}
		for _, c := range receiver.Calls() {
			ids[c.ID()] = true
		}

		dead, _ := listed(t, shop, "state=dead&event=user&endpoint="+h.ID.String())
		require.Len(t, dead, 3)
		admin := shop.Admin(t)
		path := "/webhooks/deliveries/" + dead[0].ID.String()
		var one delivery
		admin.Get(t, path).JSON(t, &one)
		require.Equal(t, "dead", one.State)
		require.Len(t, one.Log, 1)
		require.Equal(t, 500, one.Log[0].Status)
		require.Equal(t, "broken", one.Log[0].Excerpt)
		require.Equal(t, http.StatusNotFound, bank.Admin(t).Get(t, path).Status)
		require.Equal(t, http.StatusNotFound, bank.Admin(t).Do(t, http.MethodPost, path+"/replay", nil).Status)
		before := len(receiver.Calls())
		require.Equal(t, http.StatusAccepted, admin.Do(t, http.MethodPost, path+"/replay", nil).Status)
		calls := receiver.Wait(t, before+1)
		require.True(t, ids[calls[before].ID()])
		states(t, shop, 6, map[string]int{"dead": 2, "delivered": 4})

		require.Zero(t, replay(t, shop, `{"to": "2020-01-01T00:00:00Z"}`))
		require.Zero(t, replay(t, bank, `{}`))
		require.Zero(t, replay(t, shop, `{"endpoint": "`+other.ID.String()+`"}`))
		require.Equal(t, 3, replay(t, shop, `{"state": "delivered", "endpoint": "`+other.ID.String()+`", "from": "2020-01-01T00:00:00Z"}`))
		require.Len(t, second.Wait(t, 6), 6)
		require.Equal(t, 2, replay(t, shop, `{}`), "dead ones of all endpoints")
		for _, c := range receiver.Wait(t, before+3)[before:] {
			require.True(t, ids[c.ID()])
		}
		require.Eventually(t, func() bool { l, _ := listed(t, shop, "state=delivered"); return len(l) == 6 }, patience, 10*time.Millisecond)

		for body, status := range map[string]int{
			`{"endpoint": "` + uuid.NewString() + `"}`: 404, `{"endpoint": "x"}`: 400, `{"state": "waiting"}`: 400, `{"from": "yesterday"}`: 400, `null`: 400,
		} {
			require.Equal(t, status, admin.Do(t, http.MethodPost, "/webhooks/replay", body).Status, body)
		}
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, "/webhooks/"+h.ID.String(), nil).Status)
		require.Equal(t, http.StatusConflict, admin.Do(t, http.MethodPost, path+"/replay", nil).Status)
	})
}

func TestReplay_CannotBringBackACode(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "email.send")
		shop.Mail(t, event.MailPayload{Template: "login", To: "kim@shop.example", Code: "123456", TTL: 300, ValidUntil: time.Now().Add(time.Minute).Unix()})
		states(t, shop, 1, map[string]int{"delivered": 1})
		list, _ := listed(t, shop, "")
		require.False(t, list[0].Replayable)
		r := shop.Admin(t).Do(t, http.MethodPost, "/webhooks/deliveries/"+list[0].ID.String()+"/replay", nil)
		require.Equal(t, http.StatusConflict, r.Status, "%s", r.Body)
		require.Zero(t, replay(t, shop, `{"state": "delivered"}`))
	})
}

func TestDeliveries_AreListedFromCursorToCursor(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		shop, bank, receiver := env.Tenant(t, "shop"), env.Tenant(t, "bank"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		shop.Tell(t, event.UserLogin, uuid.New(), numbered(5)...)
		shop.Tell(t, event.UserCreate, uuid.New(), numbered(2)...)
		states(t, shop, 7, map[string]int{"delivered": 7})
		seen, cursor := map[uuid.UUID]bool{}, ""
		for page := 0; ; page++ {
			list, next := listed(t, shop, "per_page=3&event=user.&cursor="+url.QueryEscape(cursor))
			for i, d := range list {
				require.False(t, seen[d.ID])
				seen[d.ID] = true
				require.False(t, i > 0 && list[i-1].Created.Before(d.Created))
			}
			if cursor = next; next == "" {
				require.Equal(t, 2, page)
				break
			}
		}
		require.Len(t, seen, 7)
		all, _ := listed(t, shop, "event=user.create")
		require.Len(t, all, 2)
		all, _ = listed(t, shop, "to="+url.QueryEscape(time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)))
		require.Empty(t, all)
		_, cursor = listed(t, shop, "per_page=1")
		for _, query := range []string{"per_page=1&event=user&cursor=" + cursor, "cursor=x"} {
			require.Equal(t, http.StatusBadRequest, shop.Admin(t).Get(t, "/webhooks/deliveries?"+query).Status, query)
		}
		require.Equal(t, http.StatusBadRequest, bank.Admin(t).Get(t, "/webhooks/deliveries?per_page=1&cursor="+cursor).Status)
		all, _ = listed(t, bank, "")
		require.Empty(t, all)
	})
}

func TestTestEvent_IsSentAtOnceAndLeavesNothing(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		h := subscribe(t, shop, receiver.URL, "email.send")
		receiver.Answer(func(testenv.Call) testenv.Reply { return testenv.Reply{Status: 418, Body: "short and stout"} })
		path := fmt.Sprintf("/webhooks/%s/test", h.ID)
		r := shop.Admin(t).Do(t, http.MethodPost, path, nil)
		require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
		var got struct {
			MessageID      string `json:"message_id"`
			Delivered      bool
			Status         int
			Excerpt, Error string
			Event          string
			LatencyMS      *int64 `json:"latency_ms"`
		}
		r.JSON(t, &got)
		require.Equal(t, 418, got.Status)
		require.False(t, got.Delivered)
		require.Equal(t, "short and stout", got.Excerpt)
		require.NotNil(t, got.LatencyMS)
		call := receiver.Calls()[0]
		require.Equal(t, got.MessageID, call.ID())
		require.Equal(t, "webhook.test", call.Event)
		require.True(t, verifies(t, h.Secret, call))
		verify(t, shop, call.Token)
		require.Empty(t, deliveries(t, shop))
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "webhooks:read").Do(t, http.MethodPost, path, nil).Status)
	})
}
