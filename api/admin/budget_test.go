package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// TestBudget_Statements counts what operations on users send to the database, without BEGIN and COMMIT. The numbers are exact: a change of
// one is meant to be noticed.
func TestBudget_Statements(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		admin.Get(t, "/users") // the key is known from now on
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Username: "kim"})
		lee := shop.Person(t, testenv.NewPerson{Email: "lee@shop.example"})
		lee.AddCredential(t, "a passkey", false)
		path := "/users/" + kim.ID.String()
		lock := 1
		if env.Dialect == "sqlite3" {
			lock-- // its writers take turns, so nobody's row is locked
		}
		for _, m := range []struct {
			what               string
			statements, status int
			do                 func() testenv.Response
		}{
			{"create", 3, 200, func() testenv.Response { return admin.Do(t, http.MethodPost, "/users", kimBody2) }},
			{"create, to be sent again", 4, 200, func() testenv.Response {
				return admin.With("Idempotency-Key", "a").Do(t, http.MethodPost, "/users", `{"username":"max"}`)
			}},
			{"create, sent again", 2, 200, func() testenv.Response {
				return admin.With("Idempotency-Key", "a").Do(t, http.MethodPost, "/users", `{"username":"max"}`)
			}},
			{"create, refused", 2, 409, func() testenv.Response { return admin.Do(t, http.MethodPost, "/users", kimBody) }},
			{"get", 1, 200, func() testenv.Response { return admin.Get(t, path) }},
			{"get, with credentials", 2, 200, func() testenv.Response { return admin.Get(t, "/users/"+lee.ID.String()) }},
			{"list", 4, 200, func() testenv.Response { return admin.Get(t, "/users") }},
			{"search", 3, 200, func() testenv.Response { return admin.Get(t, "/users?email_prefix=kim") }},
			{"list nothing", 1, 200, func() testenv.Response { return admin.Get(t, "/users?username=nobody&email_prefix=x") }},
			{"patch of nothing", 1, 200, func() testenv.Response { return admin.Do(t, http.MethodPatch, path, `{}`) }},
			{"patch", 3, 200, func() testenv.Response { return admin.Do(t, http.MethodPatch, path, `{"name":"Kim","given_name":"K"}`) }},
			{"patch of the username", 4, 200, func() testenv.Response { return admin.Do(t, http.MethodPatch, path, `{"username":"kim2"}`) }},
			{"patch with If-Match", 4 + lock, 200, func() testenv.Response {
				return admin.With("If-Match", "*").Do(t, http.MethodPatch, path, `{"name":"Kim"}`)
			}},
			{"block", 4 + lock, 204, func() testenv.Response { return admin.Do(t, http.MethodPost, path+"/block", nil) }},
			{"unblock", 3, 204, func() testenv.Response { return admin.Do(t, http.MethodPost, path+"/unblock", nil) }},
			{"delete of nobody", 1, 404, func() testenv.Response { return admin.Do(t, http.MethodDelete, "/users/"+uuid.NewString(), nil) }},
			{"delete", 4 + lock, 204, func() testenv.Response { return admin.Do(t, http.MethodDelete, path, nil) }},
		} {
			var r testenv.Response
			sent := withoutKeys(env.Statements(func() { r = m.do() }))
			require.Equal(t, m.status, r.Status, "%s: %s", m.what, r.Body)
			require.Len(t, sent, m.statements, "%s:\n%s", m.what, strings.Join(sent, "\n"))
		}
	}, testenv.Quiet())
}

const kimBody2 = `{"emails":[{"address":"kim2@shop.example","is_primary":true},{"address":"kim3@shop.example"}],"username":"kim3"}`
