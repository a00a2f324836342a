package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// eachServer runs a test on the databases where others can come between a request's reading and its writing. On SQLite writers take turns from
// their first word on, so there is no such moment that a test could name.
func eachServer(t *testing.T, run func(t *testing.T, env *testenv.Env)) {
	t.Helper()
	for _, name := range []string{dialect.Postgres, dialect.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, testenv.New(t, name, testenv.Quiet()))
		})
	}
}

// meanwhile changes a user between the moment at which a request read her and the one at which it writes, so many times.
func meanwhile(t *testing.T, env *testenv.Env, times int, change func(), do func() int) int {
	t.Helper()
	var status int
	env.Before(func(query string) {
		if text := strings.NewReplacer("`", "", `"`, "").Replace(query); strings.HasPrefix(text, "UPDATE users SET updated_at") && times > 0 {
			times--
			change()
		}
	}, func() { status = do() })
	require.Zero(t, times, "there was no such moment")
	return status
}

func TestChanges_ThatOthersCameBeforeAreDecidedAnew(t *testing.T) {
	t.Parallel()

	eachServer(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Factors: testenv.Factors{App: true}})
		n := 0
		patch := func() int {
			n++
			return admin.Do(t, http.MethodPatch, userPath(kim, "/metadata"), fmt.Sprintf(`{"public_metadata":{"m%d":1}}`, n)).Status
		}
		require.Equal(t, http.StatusOK, meanwhile(t, env, 1, func() { patch() }, patch))
		require.JSONEq(t, `{"public_metadata":{"m1":1,"m2":1}}`, string(admin.Get(t, userPath(kim, "/metadata")).Body), "both are kept")

		remove := func() int { return admin.Do(t, http.MethodDelete, userPath(kim, "/otp"), nil).Status }
		require.Equal(t, http.StatusNotFound, meanwhile(t, env, 1, func() { require.Equal(t, http.StatusNoContent, remove()) }, remove), "it went meanwhile")

		second := kim.AddEmail(t, "second@shop.example", true).String()
		require.Equal(t, http.StatusConflict, meanwhile(t, env, 1, func() {
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, userPath(kim, "/emails/", second, "/set_primary"), nil).Status)
		}, func() int { return admin.Do(t, http.MethodDelete, userPath(kim, "/emails/", second), nil).Status }), "it became primary meanwhile")

		require.Equal(t, http.StatusNotFound, meanwhile(t, env, 1, func() {
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim), nil).Status)
		}, patch), "she was deleted meanwhile")
	})
}

func TestEditUser_OfAUsernameThatGoesMeanwhileLeavesNoHalfOfIt(t *testing.T) {
	t.Parallel()

	eachServer(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Username: "kim"})
		patch := func(body string) int { return admin.Do(t, http.MethodPatch, userPath(kim), body).Status }

		require.Equal(t, http.StatusConflict, meanwhile(t, env, 1, func() { require.Equal(t, http.StatusOK, patch(`{"username":null}`)) },
			func() int { return patch(`{"username":"kim2","name":"Kim"}`) }), "renamed while it goes")
		after := read(t, admin.Get(t, userPath(kim)), http.StatusOK)
		require.Nil(t, after.Username)
		require.Empty(t, after.Name, "all or nothing")

		require.Equal(t, http.StatusConflict, meanwhile(t, env, 1, func() { require.Equal(t, http.StatusOK, patch(`{"username":"first"}`)) },
			func() int { return patch(`{"username":"second"}`) }), "named twice")
		require.Equal(t, "first", read(t, admin.Get(t, userPath(kim)), http.StatusOK).Username.Username)

		require.Equal(t, http.StatusOK, meanwhile(t, env, 1, func() { require.Equal(t, http.StatusOK, patch(`{"username":"third","given_name":"K"}`)) },
			func() int { return patch(`{"username":"fourth","name":"Kim"}`) }), "renamed twice: the last one counts")
		shown := admin.Get(t, userPath(kim))
		last := read(t, shown, http.StatusOK)
		require.Equal(t, "fourth", last.Username.Username)
		require.NotEqual(t, uuid.Nil, last.Username.ID)
		require.Contains(t, string(shown.Body), `"name":"Kim","given_name":"K"`, "what only one of them named stays")

		require.Equal(t, http.StatusNotFound, meanwhile(t, env, 1, func() {
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim), nil).Status)
		}, func() int { return patch(`{"name":"Kim"}`) }))
	})
}

func TestChanges_ThatOthersAlwaysComeBeforeAreConflicts(t *testing.T) {
	t.Parallel()

	eachServer(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password, Factors: testenv.Factors{App: true, Passkey: true}})
		var credentials []struct{ ID string }
		admin.Get(t, userPath(kim, "/webauthn_credentials")).JSON(t, &credentials)
		n := 0
		other := func() {
			n++
			require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPatch, userPath(kim, "/metadata"), fmt.Sprintf(`{"public_metadata":{"n":%d}}`, n)).Status)
		}
		for _, change := range []struct{ method, path, body string }{
			{http.MethodPatch, "/metadata", `{"public_metadata":{"mine":1}}`}, {http.MethodPut, "/password", `{"password":"another"}`},
			{http.MethodDelete, "/password", ``}, {http.MethodDelete, "/otp", ``}, {http.MethodDelete, "/webauthn_credentials/" + credentials[0].ID, ``},
			{http.MethodPost, "/emails", `{"address":"new@shop.example"}`},
		} {
			var r testenv.Response
			status := meanwhile(t, env, 5, other, func() int {
				r = admin.Do(t, change.method, userPath(kim, change.path), change.body)
				return r.Status
			})
			require.Equal(t, http.StatusConflict, status, "%v", change)
			require.JSONEq(t, `{"code":409,"message":"the user was changed meanwhile, or was deleted"}`, string(r.Body))
		}
		require.JSONEq(t, fmt.Sprintf(`{"public_metadata":{"n":%d}}`, n), string(admin.Get(t, userPath(kim, "/metadata")).Body))
		require.Len(t, emailsOf(t, admin, kim), 1)
		require.Equal(t, 1, shop.Count(t, "apps"))
		require.Equal(t, 1, shop.Count(t, "credentials"))
		kim.SignIn(t) // with the password that she had
	})
}
