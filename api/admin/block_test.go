package admin_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestBlock_EndsSessionsEverywhereAndIsSeen(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		replica := env.Replica(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		lee := shop.Person(t, testenv.NewPerson{Email: "lee@shop.example", Password: testenv.Password})
		first, second, other := kim.SignIn(t), kim.SignIn(t), lee.SignIn(t)
		require.True(t, shop.On(replica).Accepts(t, first.Token))
		profile := first.Profile(t)
		admin := shop.Admin(t)
		path := "/users/" + kim.ID.String()
		before := admin.Get(t, path)
		require.NotContains(t, string(before.Body), "blocked_at", "compatible clients see nothing new")

		for range 2 {
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, path+"/block", nil).Status)
		}
		require.False(t, first.Valid(t))
		require.False(t, second.Valid(t))
		require.True(t, other.Valid(t))
		require.Equal(t, http.StatusUnauthorized, shop.Client().Bearer(first.Token).Get(t, "/me").Status)
		require.Equal(t, http.StatusUnauthorized, profile.Do(t, "patch_metadata", testenv.Inputs{"patch_metadata": map[string]any{"a": 1}}).Status)
		require.Eventually(t, func() bool { return !shop.On(replica).Accepts(t, first.Token) }, 30*time.Second, 20*time.Millisecond)

		blocked := read(t, admin.Get(t, path), http.StatusOK)
		require.WithinDuration(t, time.Now(), *blocked.BlockedAt, time.Minute)
		require.NotEqual(t, before.Header.Get("ETag"), admin.Get(t, path).Header.Get("ETag"))
		listed, _ := list(t, admin, "?blocked=true")
		require.Equal(t, blocked, listed[0])
		for range 2 {
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, path+"/unblock", `{"reason":"paid"}`).Status)
		}
		require.NotContains(t, string(admin.Get(t, path).Body), "blocked_at")
		require.True(t, kim.SignIn(t).Valid(t))
		for _, do := range []string{"/block", "/unblock"} {
			require.Equal(t, http.StatusNotFound, admin.Do(t, http.MethodPost, "/users/"+uuid.NewString()+do, nil).Status)
			require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPost, "/users/7"+do, nil).Status)
		}

		shop.AuditOf(t, event.UserBlocked, 1)
		shop.AuditOf(t, event.UserUnblocked, 1)
		var told []any
		for _, e := range shop.Events(t) {
			if e.Name == "user.update" {
				told = append(told, e.Data["blocked_at"] != nil)
			}
		}
		require.Equal(t, []any{true, false}, told)
	})
}

// TestBlock_LeavesNoWayToSignIn walks every way in: started after the block, and being under way when it comes.
func TestBlock_LeavesNoWayToSignIn(t *testing.T) {
	t.Parallel()

	ways := map[string]struct {
		config string
		person testenv.NewPerson
		walk   func(t *testing.T, kim *testenv.Person, c *testenv.Client, last func()) testenv.State
	}{
		"password": {
			`{"mfa": {"enabled": false}, "passkey": {"enabled": false}, "email": {"use_for_authentication": false}}`,
			testenv.NewPerson{Password: testenv.Password},
			func(t *testing.T, kim *testenv.Person, c *testenv.Client, last func()) testenv.State {
				f := c.Begin(t, "login")
				f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
				last()
				return f.Do(t, "password_login", testenv.Inputs{"password": kim.Password})
			},
		},
		"passcode": {
			`{"mfa": {"enabled": false}, "passkey": {"enabled": false}, "password": {"enabled": false}}`, testenv.NewPerson{},
			func(t *testing.T, kim *testenv.Person, c *testenv.Client, last func()) testenv.State {
				f := c.Begin(t, "login")
				f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
				code := kim.Tenant.CodeTo(t, kim.Email)
				last()
				return f.Do(t, "verify_passcode", testenv.Inputs{"code": code})
			},
		},
		"passkey": {
			`{"mfa": {"enabled": false}, "password": {"enabled": false}}`, testenv.NewPerson{Factors: testenv.Factors{Passkey: true}},
			func(t *testing.T, kim *testenv.Person, c *testenv.Client, last func()) testenv.State {
				f := c.Flow(t, "login")
				f.Do(t, "register_client_capabilities", testenv.Inputs{"webauthn_available": true})
				f.Do(t, "webauthn_generate_request_options")
				answer := kim.Device.Get(t, f.State.Payload["request_options"])
				last()
				return f.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{"assertion_response": answer})
			},
		},
		"recovery": {
			`{"mfa": {"enabled": false}, "passkey": {"enabled": false}, "email": {"use_for_authentication": false}}`,
			testenv.NewPerson{Password: testenv.Password},
			func(t *testing.T, kim *testenv.Person, c *testenv.Client, last func()) testenv.State {
				f := c.Begin(t, "login")
				f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
				f.Do(t, "continue_to_passcode_confirmation_recovery")
				f.Do(t, "verify_passcode", testenv.Inputs{"code": kim.Tenant.CodeTo(t, kim.Email)})
				last()
				return f.Do(t, "password_recovery", testenv.Inputs{"new_password": "another horse battery"})
			},
		},
		"registration of her address": {
			`{"mfa": {"enabled": false}, "passkey": {"enabled": false}, "password": {"enabled": false}, "email": {"require_verification": false}}`,
			testenv.NewPerson{},
			func(t *testing.T, kim *testenv.Person, c *testenv.Client, last func()) testenv.State {
				f := c.Begin(t, "registration")
				last()
				return f.Do(t, "register_login_identifier", testenv.Inputs{"email": kim.Email})
			},
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := testenv.OnSQLite(t)
			shop := env.Tenant(t, "shop", way.config)
			way.person.Email = "kim@shop.example"
			kim := shop.Person(t, way.person)
			admin := shop.Admin(t)
			path := "/users/" + kim.ID.String()
			block := func() {
				require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, path+"/block", nil).Status)
			}

			s := way.walk(t, kim, shop.Client(), block)
			require.NotEqual(t, "success", s.Name)
			require.Zero(t, shop.Count(t, "sessions"))
			s = way.walk(t, kim, shop.Client(), func() {})
			require.NotEqual(t, "success", s.Name)
			require.Zero(t, shop.Count(t, "sessions"))
			require.Equal(t, 1, shop.Count(t, "users"))
			if name == "registration of her address" {
				return
			}
			require.Equal(t, http.StatusForbidden, s.Status)
			require.Empty(t, s.Response.Header.Get("X-Auth-Token"))
			require.Empty(t, s.Response.Header.Get("Set-Cookie"))
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, path+"/unblock", nil).Status)
			require.Equal(t, "success", way.walk(t, kim, shop.Client(), func() {}).Name, "the test signs in but for the block")
		})
	}
}

func TestBlock_AndSignInsAtOnceLeaveNoSession(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"mfa": {"enabled": false}, "passkey": {"enabled": false}, "email": {"use_for_authentication": false}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		admin := shop.Admin(t)
		path := "/users/" + kim.ID.String()
		for range 3 {
			var wg sync.WaitGroup
			for range 6 {
				f := shop.Begin(t, "login")
				f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
				wg.Go(func() { f.Do(t, "password_login", testenv.Inputs{"password": kim.Password}) })
			}
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, path+"/block", nil).Status)
			wg.Wait()
			require.Zero(t, shop.Count(t, "sessions"))
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodPost, path+"/unblock", nil).Status)
		}
	})
}

func TestBulkDelete_TellsWhatBecameOfEach(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", plain)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		session := kim.SignIn(t)
		asked := []string{uuid.NewString(), kim.ID.String(), kim.ID.String()}
		for range 60 {
			asked = append(asked, shop.Person(t, testenv.NewPerson{Username: "u" + uuid.NewString()[:8]}).ID.String())
		}
		r := admin.Do(t, http.MethodPost, "/users/bulk_delete", map[string]any{"user_ids": asked})
		require.Equal(t, http.StatusOK, r.Status, string(r.Body))
		var answer struct {
			Users []struct {
				UserID string `json:"user_id"`
				Result string
			}
		}
		r.JSON(t, &answer)
		require.Len(t, answer.Users, 62)
		for i, u := range answer.Users {
			want := "deleted"
			if i == 0 {
				want = "not_found"
			}
			require.Equal(t, want, u.Result)
		}
		require.Equal(t, asked[3], answer.Users[2].UserID)
		require.Zero(t, shop.Count(t, "users"))
		require.False(t, session.Valid(t))
		deleted := 0
		for _, e := range shop.Events(t) {
			if e.Name == "user.delete" {
				deleted++
			}
		}
		require.Equal(t, 61, deleted)
		for _, bad := range []string{`{}`, `{"user_ids":[]}`, `{"user_ids":["7"]}`, `{"user_ids":null}`, `[]`} {
			require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPost, "/users/bulk_delete", bad).Status, bad)
		}
		many := make([]string, 1001)
		for i := range many {
			many[i] = uuid.NewString()
		}
		require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPost, "/users/bulk_delete", map[string]any{"user_ids": many}).Status)
	})
}
