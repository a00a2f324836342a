package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// webhook is a webhook as the API shows it.
type webhook struct {
	ID        uuid.UUID `json:"id"`
	Callback  string    `json:"callback"`
	Enabled   bool      `json:"enabled"`
	Failures  int       `json:"failures"`
	ExpiresAt time.Time `json:"expires_at"`
	Events    []struct {
		ID    uuid.UUID `json:"id"`
		Event string    `json:"event"`
	} `json:"events"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (w webhook) names() []string {
	var list []string
	for _, e := range w.Events {
		list = append(list, e.Event)
	}
	return list
}

type webhooks struct {
	Database []webhook `json:"database"`
	Config   []struct {
		Callback string   `json:"callback"`
		Events   []string `json:"events"`
	} `json:"config"`
}

func hook(t *testing.T, admin *testenv.Admin, body string) webhook {
	t.Helper()
	r := admin.Do(t, http.MethodPost, "/webhooks", body)
	require.Equal(t, http.StatusCreated, r.Status, "%s", r.Body)
	var w webhook
	r.JSON(t, &w)
	return w
}

func TestWebhooks_AreMadeListedReplacedAndDeleted(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		admin := shop.Admin(t)
		require.JSONEq(t, `{"database":[],"config":null}`, string(admin.Get(t, "/webhooks").Body))

		w := hook(t, admin, `{"callback":"https://hooks.example/a?x=1","events":["session","user.update.email","user"],"enabled":false,"unknown":1}`)
		require.True(t, w.Enabled)
		require.Zero(t, w.Failures)
		require.WithinDuration(t, time.Now().Add(30*24*time.Hour), w.ExpiresAt, time.Minute)
		require.Equal(t, []string{"session", "user.update.email", "user"}, w.names(), "as given")
		require.NotEqual(t, w.Events[0].ID, w.Events[1].ID)
		path := "/webhooks/" + w.ID.String()
		var again webhook
		admin.Get(t, path).JSON(t, &again)
		require.Equal(t, w, again)

		r := admin.Do(t, http.MethodPut, path, `{"callback":"https://hooks.example:8080/b","events":["user","email.send"],"enabled":false}`)
		require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
		var replaced webhook
		r.JSON(t, &replaced)
		require.Equal(t, w.ID, replaced.ID)
		require.Equal(t, w.CreatedAt, replaced.CreatedAt)
		require.False(t, replaced.Enabled)
		require.Equal(t, []string{"user", "email.send"}, replaced.names())
		require.NotEqual(t, w.Events[2].ID, replaced.Events[0].ID, "new ids")

		shop.Configure(t, hooked)
		var all webhooks
		admin.Get(t, "/webhooks").JSON(t, &all)
		require.Equal(t, []webhook{replaced}, all.Database, "disabled ones, too")
		require.Len(t, all.Config, 1)
		require.Equal(t, "https://hooks.example/all", all.Config[0].Callback)
		require.Equal(t, []string{"user", "session", "email.send"}, all.Config[0].Events)

		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, path, nil).Status)
		for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPut} {
			body := any(nil)
			if method == http.MethodPut {
				body = `{"callback":"https://hooks.example/b","events":["user"],"enabled":true}`
			}
			require.Equal(t, http.StatusNotFound, admin.Do(t, method, path, body).Status, method)
		}
		created := shop.AuditOf(t, event.WebhookCreated, 1)
		require.Equal(t, w.ID.String(), created[0].Details["webhook_id"])
		require.Equal(t, "admin", created[0].Details["api"])
		shop.AuditOf(t, event.WebhookUpdated, 1)
		shop.AuditOf(t, event.WebhookDeleted, 1)
	})
}

func TestWebhooks_RefuseWhatCannotBeCalled(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		admin := shop.Admin(t)
		w := hook(t, admin, `{"callback":"https://hooks.example","events":["user"]}`)
		for _, body := range []string{
			``, `{}`, `null`, `{"callback":"https://hooks.example"}`, `{"events":["user"]}`, `{"callback":"https://hooks.example","events":[]}`,
			`{"callback":"https://hooks.example","events":null}`, `{"callback":"https://hooks.example","events":["user","user"]}`,
			`{"callback":"https://hooks.example","events":["email"]}`, `{"callback":"https://hooks.example","events":["user.update.password"]}`,
			`{"callback":"https://hooks.example","events":["User"]}`, `{"callback":"https://hooks.example","events":[""]}`, `{"callback":"https://hooks.example","events":"user"}`,
			`{"callback":"","events":["user"]}`, `{"callback":"hooks.example","events":["user"]}`, `{"callback":"/hooks","events":["user"]}`,
			`{"callback":"ftp://hooks.example","events":["user"]}`, `{"callback":"javascript:alert(1)","events":["user"]}`, `{"callback":"https://","events":["user"]}`,
			`{"callback":"https://:443/x","events":["user"]}`, `{"callback":"https://kim:hunter2@hooks.example","events":["user"]}`,
			`{"callback":"https://hooks.example/\u0000","events":["user"]}`, `{"callback":"https://hooks.example/` + strings.Repeat("x", 3000) + `","events":["user"]}`,
			`{"callback":"https://hooks.example","events":[` + strings.Repeat(`"x",`, 5000) + `"user"]}`,
		} {
			for method, path := range map[string]string{http.MethodPost: "/webhooks", http.MethodPut: "/webhooks/" + w.ID.String()} {
				if method == http.MethodPut && strings.HasPrefix(body, "{") {
					body = strings.TrimSuffix(body, "}") + `,"enabled":true}`
				}
				r := admin.Do(t, method, path, body)
				require.Equal(t, http.StatusBadRequest, r.Status, "%s %.80s: %s", method, body, r.Body)
				require.NotContains(t, string(r.Body), "hunter2")
				require.Less(t, len(r.Body), 4000)
			}
		}
		require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPut, "/webhooks/"+w.ID.String(), `{"callback":"https://hooks.example","events":["user"]}`).Status,
			"whether it is enabled must be said")
		var all webhooks
		admin.Get(t, "/webhooks").JSON(t, &all)
		require.Equal(t, []webhook{w}, all.Database, "nothing was left behind")

		foreign, path := bank.Admin(t), "/webhooks/"+w.ID.String()
		require.Equal(t, http.StatusNotFound, foreign.Get(t, path).Status)
		require.Equal(t, http.StatusNotFound, foreign.Do(t, http.MethodPut, path, `{"callback":"https://evil.example","events":["user"],"enabled":true}`).Status)
		require.Equal(t, http.StatusNotFound, foreign.Do(t, http.MethodDelete, path, nil).Status)
		require.JSONEq(t, `{"database":[],"config":null}`, string(foreign.Get(t, "/webhooks").Body))
		require.Equal(t, http.StatusBadRequest, admin.Get(t, "/webhooks/7").Status)

		reader := shop.Admin(t, "webhooks:read")
		require.Equal(t, http.StatusOK, reader.Get(t, path).Status)
		require.Equal(t, http.StatusForbidden, reader.Do(t, http.MethodDelete, path, nil).Status)
		require.Equal(t, http.StatusForbidden, reader.Do(t, http.MethodPost, "/webhooks", `{"callback":"https://hooks.example","events":["user"]}`).Status)
		require.Equal(t, http.StatusForbidden, reader.Do(t, http.MethodPut, path, `{"callback":"https://hooks.example","events":["user"],"enabled":true}`).Status)
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:*").Get(t, "/webhooks").Status)
	})
}

func TestWebhooks_HearWhatTheyAskedForOnEveryReplica(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"webhooks": {"enabled": false, "hooks": [{"callback": "https://config.example", "events": ["user"]}]}}`)
		replica := shop.On(env.Replica(t))
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		here, there := shop.Admin(t), replica.Admin(t)
		add := func(admin *testenv.Admin, address string) {
			r := admin.Do(t, http.MethodPost, userPath(kim, "/emails"), `{"address":"`+address+`"}`)
			require.Equal(t, http.StatusCreated, r.Status, "%s", r.Body)
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim, "/emails/", emailsOf(t, admin, kim)[1].ID.String()), nil).Status)
		}
		add(here, "a@shop.example")
		add(there, "b@shop.example")
		require.Empty(t, shop.Events(t), "hooks of the configuration are off")

		w := hook(t, here, `{"callback":"https://hooks.example","events":["user.update.email.create"]}`)
		add(here, "c@shop.example")
		require.Equal(t, []string{"user.update.email.create"}, names(t, shop), "what it asked for, at once here")
		require.Eventually(t, func() bool { add(there, "d@shop.example"); return len(shop.Events(t)) > 1 }, 30*time.Second, 100*time.Millisecond, "and soon elsewhere")

		shop.FannedOut(t)
		require.Equal(t, http.StatusOK, here.Do(t, http.MethodPut, "/webhooks/"+w.ID.String(), `{"callback":"https://hooks.example","events":["user"],"enabled":false}`).Status)
		before := len(shop.Events(t))
		add(here, "e@shop.example")
		require.Len(t, shop.Events(t), before, "it is disabled")
		require.Equal(t, http.StatusOK, here.Do(t, http.MethodPut, "/webhooks/"+w.ID.String(), `{"callback":"https://hooks.example","events":["user"],"enabled":true}`).Status)
		add(here, "f@shop.example")
		require.Len(t, shop.Events(t), before+2)
		shop.FannedOut(t)
		require.Equal(t, http.StatusNoContent, here.Do(t, http.MethodDelete, "/webhooks/"+w.ID.String(), nil).Status)
		add(here, "g@shop.example")
		require.Len(t, shop.Events(t), before+2)
		require.Len(t, shop.Events(t), before+2, "and what was told stays in the list")
	})
}

func TestWebhooks_TakeEveryEventThereIs(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		admin := env.Tenant(t, "shop").Admin(t)
		all := strings.Fields(`user user.login user.create user.update user.delete user.update.email user.update.email.create user.update.email.primary
			user.update.email.delete user.update.username user.update.username.create user.update.username.update user.update.username.delete
			user.update.password.update email.send session session.create session.create.flow session.create.admin session.delete
			session.delete.explicit session.delete.explicit.logout session.delete.explicit.revoke session.delete.admin session.delete.admin.revoke
			session.delete.passive session.delete.passive.expire session.delete.passive.limit`)
		require.Len(t, all, 28)
		body, err := json.Marshal(map[string]any{"callback": "https://hooks.example", "events": all})
		require.NoError(t, err)
		w := hook(t, admin, string(body))
		require.Equal(t, all, w.names())
		seen := map[uuid.UUID]bool{}
		for _, e := range w.Events {
			require.NotEqual(t, uuid.Nil, e.ID)
			require.False(t, seen[e.ID], "each subscription has its own id")
			seen[e.ID] = true
		}
		for _, other := range []string{"email", "user.", "users", "session.delete.explicit.logout.x", "user.update.password", "*", " user", "user.update.metadata"} {
			r := admin.Do(t, http.MethodPost, "/webhooks", map[string]any{"callback": "https://hooks.example", "events": []string{"user", other}})
			require.Equal(t, http.StatusBadRequest, r.Status, other)
		}
	})
}

func TestWebhooks_ThatWereDisabledWorkAgainOnceReplaced(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		admin := shop.Admin(t)
		w, other := hook(t, admin, `{"callback":"https://hooks.example","events":["user"]}`), hook(t, admin, `{"callback":"https://hooks.example","events":["user"]}`)
		long := time.Now().UTC().AddDate(0, -2, 0).Truncate(time.Microsecond)
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error { // as if it had failed six times, long ago
			return tx.Webhook.UpdateOneID(w.ID).SetEnabled(false).SetFailures(6).SetExpiresAt(long).Exec(ctx)
		}))
		var all webhooks
		admin.Get(t, "/webhooks").JSON(t, &all)
		require.Len(t, all.Database, 2)
		require.Equal(t, 6, all.Database[0].Failures)
		require.Equal(t, long, all.Database[0].ExpiresAt)
		require.False(t, all.Database[0].Enabled)

		r := admin.Do(t, http.MethodPut, "/webhooks/"+w.ID.String(), `{"callback":"https://hooks.example","events":["user"],"enabled":true}`)
		require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
		var again, untouched webhook
		r.JSON(t, &again)
		require.True(t, again.Enabled)
		require.Zero(t, again.Failures)
		require.WithinDuration(t, time.Now().Add(30*24*time.Hour), again.ExpiresAt, time.Minute)
		require.NotEqual(t, w.Events[0].ID, again.Events[0].ID, "the same event, by another subscription")
		admin.Get(t, "/webhooks/"+other.ID.String()).JSON(t, &untouched)
		require.Equal(t, other, untouched)
	})
}

func TestWebhooks_AreLimitedForEachTenant(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		admin := shop.Admin(t)
		for range 98 {
			hook(t, admin, `{"callback":"https://hooks.example","events":["user"]}`)
		}
		require.Equal(t, map[int]int{http.StatusCreated: 2, http.StatusConflict: 2}, atOnce(4, func(int) int {
			return admin.Do(t, http.MethodPost, "/webhooks", `{"callback":"https://hooks.example","events":["user"]}`).Status
		}))
	}, testenv.Quiet())
}
