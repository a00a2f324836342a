package admin_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestBelongings_OfSomebodyWhoIsDeletedMeanwhileAreNotFound(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", hooked)
		admin := shop.Admin(t)
		for round := range 4 {
			kim := shop.Person(t, testenv.NewPerson{Email: fmt.Sprintf("kim%d@shop.example", round), Factors: testenv.Factors{App: true}})
			counted := atOnce(7, func(i int) int {
				switch i {
				case 0:
					return admin.Do(t, http.MethodDelete, userPath(kim), nil).Status
				case 1:
					return admin.Do(t, http.MethodPost, "/sessions", map[string]any{"user_id": kim.ID}).Status
				case 2:
					return admin.Do(t, http.MethodPost, userPath(kim, "/emails"), fmt.Sprintf(`{"address":"second%d@shop.example"}`, round)).Status
				case 3:
					return admin.Do(t, http.MethodPatch, userPath(kim, "/metadata"), `{"public_metadata":{"a":1}}`).Status
				case 4:
					return admin.Do(t, http.MethodPost, userPath(kim, "/password"), `{"password":"correct horse battery"}`).Status
				case 5:
					return admin.Do(t, http.MethodDelete, userPath(kim, "/sessions"), nil).Status
				default:
					return admin.Do(t, http.MethodDelete, userPath(kim, "/otp"), nil).Status
				}
			})
			for status := range counted {
				require.Contains(t, []int{http.StatusOK, http.StatusCreated, http.StatusNoContent, http.StatusNotFound}, status, "%v", counted)
			}
			require.Equal(t, http.StatusNotFound, admin.Get(t, userPath(kim)).Status)
		}
		for _, what := range []string{"users", "sessions", "apps"} {
			require.Zero(t, shop.Count(t, what), what)
		}
	})
}

func TestSessions_OfSomebodyWhoIsBlockedMeanwhileDoNotStay(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		admin := shop.Admin(t)
		for round := range 4 {
			kim := shop.Person(t, testenv.NewPerson{Email: fmt.Sprintf("kim%d@shop.example", round)})
			counted := atOnce(4, func(i int) int {
				if i == 0 {
					return admin.Do(t, http.MethodPost, userPath(kim, "/block"), nil).Status
				}
				return admin.Do(t, http.MethodPost, "/sessions", map[string]any{"user_id": kim.ID}).Status
			})
			for status := range counted {
				require.Contains(t, []int{http.StatusOK, http.StatusNoContent, http.StatusConflict}, status, "%v", counted)
			}
			require.Empty(t, sessionsOf(t, admin, kim))
		}
	})
}

func TestEmails_TakeTheIdentitiesBoundToThemAlong(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", hooked)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		second := kim.AddEmail(t, "second@shop.example", true)
		kim.AddIdentity(t, "google", second, false)
		kim.AddIdentity(t, "github", uuid.Nil, false)
		admin := shop.Admin(t)
		require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim, "/emails/", second.String()), nil).Status)
		body := string(admin.Get(t, userPath(kim)).Body)
		require.NotContains(t, body, "google")
		require.Contains(t, body, "github")
		require.Len(t, shop.Events(t)[0].Data["identities"], 1, "the event shows her as she is by then")
	})
}

func TestAdmin_CostsFewStatements(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", hooked)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		admin := shop.Admin(t)
		require.Equal(t, http.StatusOK, admin.Get(t, userPath(kim)).Status)
		open(t, admin, map[string]any{"user_id": kim.ID})
		cost := func(name string, budget int, do func() int, statuses ...int) {
			t.Helper()
			sent := withoutKeys(env.Statements(func() { require.Contains(t, statuses, do(), name) }))
			require.LessOrEqual(t, len(sent), budget, "%s:\n%s", name, strings.Join(sent, "\n"))
		}
		get := func(path string) func() int { return func() int { return admin.Get(t, path).Status } }
		send := func(method, path string, body any) func() int {
			return func() int { return admin.Do(t, method, path, body).Status }
		}
		list := sessionsOf(t, admin, kim)
		cost("list addresses", 1, get(userPath(kim, "/emails")), 200)
		cost("read metadata", 1, get(userPath(kim, "/metadata")), 204)
		cost("list sessions", 1, get(userPath(kim, "/sessions")), 200)
		cost("read a password", 1, get(userPath(kim, "/password")), 404)
		cost("list credentials", 1, get(userPath(kim, "/webauthn_credentials")), 200)
		cost("list webhooks", 1, get("/webhooks"), 200)
		cost("read the log", 2, get("/audit_logs"), 200)
		cost("open a session", 5, send(http.MethodPost, "/sessions", map[string]any{"user_id": kim.ID}), 200)
		cost("end a session", 4, send(http.MethodDelete, userPath(kim, "/sessions/", list[0].ID.String()), nil), 204)
		cost("end all sessions", 6, send(http.MethodDelete, userPath(kim, "/sessions"), nil), 204)
		cost("change metadata", 6, send(http.MethodPatch, userPath(kim, "/metadata"), `{"public_metadata":{"a":1}}`), 200)
		cost("change nothing", 1, send(http.MethodPatch, userPath(kim, "/metadata"), `{"public_metadata":{"a":1}}`), 200)
		cost("add an address", 5, send(http.MethodPost, userPath(kim, "/emails"), `{"address":"second@shop.example"}`), 201)
		cost("set a password", 9, send(http.MethodPost, userPath(kim, "/password"), `{"password":"correct horse battery"}`), 200)
	}, testenv.Quiet())
}

func TestSingleTenant_HasWebhooksToo(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Single()
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		hook(t, admin, `{"callback":"https://hooks.example","events":["session"]}`)
		open(t, admin, map[string]any{"user_id": kim.ID})
		require.Equal(t, []string{"session.create.admin"}, names(t, shop))
	}, testenv.WithFile("multi_tenancy:\n  enabled: false\nservice:\n  name: Shop\n"))
}

// withoutKeys leaves out of the statements of a request those by which its key was read. A key is remembered for a second only, so on a slow machine some
// requests read it.
func withoutKeys(sent []string) []string {
	return slices.DeleteFunc(sent, func(query string) bool {
		return strings.Contains(query, `"api_keys"`) || strings.Contains(query, "`api_keys`")
	})
}
