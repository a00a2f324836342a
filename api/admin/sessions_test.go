package admin_test

import (
	"context"
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

// session is a session as the API shows it.
type session struct {
	ID        uuid.UUID  `json:"id"`
	UserID    uuid.UUID  `json:"user_id"`
	UserAgent *string    `json:"user_agent"`
	IPAddress *string    `json:"ip_address"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	LastUsed  time.Time  `json:"last_used"`
}

func sessionsOf(t *testing.T, admin *testenv.Admin, p *testenv.Person) []session {
	t.Helper()
	var list []session
	r := admin.Get(t, userPath(p, "/sessions"))
	require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
	r.JSON(t, &list)
	return list
}

// open opens a session by the admin API and returns its token.
func open(t *testing.T, admin *testenv.Admin, body any) string {
	t.Helper()
	r := admin.Do(t, http.MethodPost, "/sessions", body)
	require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
	var answer struct {
		SessionToken string `json:"session_token"`
	}
	r.JSON(t, &answer)
	return answer.SessionToken
}

func TestSessions_ThatABackEndOpensAreLikeOthers(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"session": {"limit": 2, "acquire_ip_address": false, "acquire_user_agent": false}, `+testenv.Webhook+`}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Username: "kim"})
		admin := shop.Admin(t)
		require.JSONEq(t, `[]`, string(admin.Get(t, userPath(kim, "/sessions")).Body))

		first := open(t, admin, map[string]any{"user_id": kim.ID, "user_agent": "Firefox " + strings.Repeat("ü", 300), "ip_address": "2001:db8::7"})
		second := open(t, admin, map[string]any{"user_id": kim.ID})
		require.True(t, shop.Accepts(t, first))
		list := sessionsOf(t, admin, kim)
		require.Len(t, list, 2)
		require.Nil(t, list[0].UserAgent, "newest first; what was not given is not known")
		require.Nil(t, list[0].IPAddress)
		require.Equal(t, "2001:db8::7", *list[1].IPAddress, "given, so kept, whatever the tenant takes from requests")
		require.Equal(t, 255, len([]rune(*list[1].UserAgent)))
		require.Equal(t, kim.ID, list[1].UserID)

		claims := shop.Client().PostJSON(t, "/sessions/validate", map[string]string{"session_token": second})
		require.Contains(t, string(claims.Body), `"username":"kim"`)
		require.Contains(t, string(claims.Body), `"address":"kim@shop.example"`)
		require.NotContains(t, string(claims.Body), "amr")

		third := open(t, admin, map[string]any{"user_id": kim.ID, "ip_address": "192.0.2.7", "user_agent": nil})
		require.False(t, shop.Accepts(t, first), "beyond the limit")
		require.True(t, shop.Accepts(t, second))
		require.True(t, shop.Accepts(t, third))
		require.Len(t, sessionsOf(t, admin, kim), 2)

		require.Equal(t, []string{"session.create.admin", "session.create.admin", "session.delete.passive.limit", "session.create.admin"}, names(t, shop))
		require.Equal(t, list[1].ID.String(), shop.Events(t)[2].Data["id"])
		success := shop.AuditOf(t, event.LoginSuccess, 3)
		require.Equal(t, kim.ID, success[0].Actor)
		require.Equal(t, "k*****@shop.example", success[0].ActorEmail)
		require.Equal(t, "admin", success[0].Details["api"])
	})
}

func TestSessions_ABackEndOpensNoneForWhomItMayNot(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		kim, eve := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"}), bank.Person(t, testenv.NewPerson{Email: "eve@bank.example"})
		admin := shop.Admin(t)
		post := func(body string) testenv.Response { return admin.Do(t, http.MethodPost, "/sessions", body) }
		for _, body := range []string{
			``, `{}`, `[]`, `{"user_id":"7"}`, `{"user_id":null}`, `{"user_id":"` + kim.ID.String() + `","ip_address":"hunter2"}`,
			`{"user_id":"` + kim.ID.String() + `","ip_address":"fe80::1%eth0"}`, `{"user_id":"` + kim.ID.String() + `","ip_address":"192.0.2.7/24"}`,
			`{"user_id":"` + kim.ID.String() + `","user_agent":7}`,
		} {
			r := post(body)
			require.Equal(t, http.StatusBadRequest, r.Status, "%s: %s", body, r.Body)
			require.NotContains(t, string(r.Body), "hunter2")
		}
		require.Equal(t, http.StatusNotFound, post(`{"user_id":"`+uuid.NewString()+`"}`).Status)
		require.Equal(t, http.StatusNotFound, post(`{"user_id":"`+eve.ID.String()+`"}`).Status, "another tenant's user")
		require.Zero(t, bank.Count(t, "sessions"))
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "sessions:read", "users:write").Do(t, http.MethodPost, "/sessions", map[string]any{"user_id": kim.ID}).Status)

		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.User.UpdateOneID(kim.ID).SetBlockedAt(time.Now()).Exec(ctx)
		}))
		require.Equal(t, http.StatusConflict, post(`{"user_id":"`+kim.ID.String()+`"}`).Status, "she is blocked")
		require.Zero(t, shop.Count(t, "sessions"))
	})
}

func TestSessions_ThatABackEndRevokesAreRefusedEverywhere(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop", hooked), env.Tenant(t, "bank")
		kim, sam := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"}), shop.Person(t, testenv.NewPerson{Email: "sam@shop.example"})
		eve := bank.Person(t, testenv.NewPerson{Email: "eve@bank.example"})
		admin := shop.Admin(t)
		elsewhere := shop.On(env.Replica(t))
		tokens := []string{}
		for range 3 {
			tokens = append(tokens, open(t, admin, map[string]any{"user_id": kim.ID}))
		}
		sams, eves := open(t, admin, map[string]any{"user_id": sam.ID}), open(t, bank.Admin(t), map[string]any{"user_id": eve.ID})
		for _, token := range append(tokens, sams) {
			require.True(t, elsewhere.Accepts(t, token), "so that it is remembered there")
		}
		list := sessionsOf(t, admin, kim)
		oldest := userPath(kim, "/sessions/", list[2].ID.String())
		for _, path := range []string{
			userPath(sam, "/sessions/", list[2].ID.String()), userPath(kim, "/sessions/", uuid.NewString()),
			userPath(eve, "/sessions/", sessionsOf(t, bank.Admin(t), eve)[0].ID.String()),
			userPath(kim, "/sessions/", sessionsOf(t, bank.Admin(t), eve)[0].ID.String()), userPath(eve, "/sessions"), "/users/" + uuid.NewString() + "/sessions",
		} {
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodDelete, path, nil).Status, path)
		}
		require.Equal(t, http.StatusNotFound, admin.Get(t, userPath(eve, "/sessions")).Status)
		require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodDelete, userPath(kim, "/sessions/7"), nil).Status)
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "sessions:read").Do(t, http.MethodDelete, oldest, nil).Status)
		require.Equal(t, http.StatusForbidden, shop.Admin(t, "sessions:read").Do(t, http.MethodDelete, userPath(kim, "/sessions"), nil).Status)

		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, oldest, nil).Status)
		require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodDelete, oldest, nil).Status)
		require.False(t, shop.Accepts(t, tokens[0]))
		require.Eventually(t, func() bool { return !elsewhere.Accepts(t, tokens[0]) }, 30*time.Second, 20*time.Millisecond)
		require.True(t, elsewhere.Accepts(t, tokens[1]))

		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim, "/sessions"), nil).Status)
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim, "/sessions"), nil).Status, "none is left")
		require.Empty(t, sessionsOf(t, admin, kim))
		require.Eventually(t, func() bool { return !elsewhere.Accepts(t, tokens[1]) && !elsewhere.Accepts(t, tokens[2]) }, 30*time.Second, 20*time.Millisecond)
		require.True(t, elsewhere.Accepts(t, sams))
		require.True(t, bank.Accepts(t, eves))

		var ended []string
		for _, e := range shop.Events(t) {
			if e.Name == "session.delete.admin.revoke" {
				ended = append(ended, e.Data["id"].(string))
			}
		}
		require.Equal(t, []string{list[2].ID.String(), list[0].ID.String(), list[1].ID.String()}, ended, "each is told of")
		records := shop.AuditOf(t, event.SessionRevoked, 2)
		require.Equal(t, list[2].ID.String(), records[0].Details["session_id"])
		require.EqualValues(t, 2, records[1].Details["sessions"])
	})
}

func TestSessions_TakeNothingFromTheRequestOfTheBackEnd(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"session": {"acquire_ip_address": true, "acquire_user_agent": true}, `+testenv.Webhook+`}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		admin := shop.Admin(t).With("User-Agent", "the back end")
		open(t, admin, map[string]any{"user_id": kim.ID})
		var list []map[string]any
		admin.Get(t, userPath(kim, "/sessions")).JSON(t, &list)
		told := shop.Events(t)[0]
		require.Equal(t, "session.create.admin", told.Name)
		for _, shown := range []map[string]any{list[0], told.Data} {
			require.Len(t, shown, 8)
			for _, name := range []string{"user_agent", "ip_address"} { // null, not left out
				require.Contains(t, shown, name)
				require.Nil(t, shown[name], name)
			}
			for _, name := range []string{"id", "user_id", "created_at", "updated_at", "expires_at", "last_used"} {
				require.NotEmpty(t, shown[name], name)
			}
		}
		require.Equal(t, list[0]["id"], told.Data["id"])
		record := shop.AuditOf(t, event.LoginSuccess, 1)[0]
		require.Equal(t, "127.0.0.1", record.SourceIP)
		require.Equal(t, "the back end", record.UserAgent)
	})
}

func TestSessions_ThatExpiredAreNotListedNorCounted(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"session": {"limit": 2}, `+testenv.Webhook+`}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		admin := shop.Admin(t)
		old := uuid.Must(uuid.NewV7())
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			past := time.Now().UTC().Add(-time.Second).Truncate(time.Microsecond)
			return tx.Session.Create().SetID(old).SetUserID(kim.ID).SetCreatedAt(past.Add(-time.Hour)).SetLastUsedAt(past).SetExpiresAt(past).Exec(ctx)
		}))
		require.Empty(t, sessionsOf(t, admin, kim))
		open(t, admin, map[string]any{"user_id": kim.ID})
		open(t, admin, map[string]any{"user_id": kim.ID})
		require.Len(t, sessionsOf(t, admin, kim), 2)
		require.NotContains(t, names(t, shop), "session.delete.passive.limit", "there was room for both")
	})
}

func TestSessions_BeyondALowerLimitAllEnd(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", hooked)
		kim, sam := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"}), shop.Person(t, testenv.NewPerson{Email: "sam@shop.example"})
		admin := shop.Admin(t)
		sams := open(t, admin, map[string]any{"user_id": sam.ID})
		for range 5 {
			open(t, admin, map[string]any{"user_id": kim.ID})
		}
		before := sessionsOf(t, admin, kim)
		shop.Configure(t, `{"session": {"limit": 2}}`)
		open(t, admin, map[string]any{"user_id": kim.ID})
		after := sessionsOf(t, admin, kim)
		require.Len(t, after, 2)
		require.Equal(t, before[0].ID, after[1].ID, "the youngest stays beside the new one")
		var ended []string
		for _, e := range shop.Events(t) {
			if e.Name == "session.delete.passive.limit" {
				ended = append(ended, e.Data["id"].(string))
				require.Equal(t, kim.ID.String(), e.Data["user_id"])
			}
		}
		require.ElementsMatch(t, []string{before[1].ID.String(), before[2].ID.String(), before[3].ID.String(), before[4].ID.String()}, ended)
		require.True(t, shop.Accepts(t, sams), "nobody else's ends")
		require.Equal(t, "session.create.admin", names(t, shop)[len(names(t, shop))-1], "they end before the new one is told of")
	})
}
