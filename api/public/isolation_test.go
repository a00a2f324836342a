package public_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// twins are two tenants with the same person: address, username and password are all alike.
func twins(t *testing.T, env *testenv.Env, config string) (shop, bank *testenv.Tenant, atShop, atBank *testenv.Person) {
	t.Helper()
	shop, bank = env.Tenant(t, "shop", config), env.Tenant(t, "bank", config)
	kim := testenv.NewPerson{Email: "kim@example.org", Username: "kim", Password: testenv.Password}
	return shop, bank, shop.Person(t, kim), bank.Person(t, kim)
}

func TestIsolation_ATokenIsWorthNothingElsewhere(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank, kim, other := twins(t, env, `{`+passwords+`}`)
		session := kim.SignIn(t)
		for range 2 { // the second time it may be remembered
			require.True(t, session.Valid(t))
			for _, elsewhere := range []*testenv.Tenant{bank, bank.ByPath()} {
				for how, c := range map[string]*testenv.Client{
					"bearer": elsewhere.Client().Bearer(session.Token),
					"cookie": elsewhere.Client().With("Cookie", "hanko="+session.Token),
				} {
					require.Equal(t, `{"is_valid":false}`, string(c.Get(t, "/sessions/validate").Body), how)
					for _, path := range []string{"/me", "/users/" + kim.ID.String(), "/users/" + other.ID.String()} {
						require.Equal(t, http.StatusUnauthorized, c.Get(t, path).Status, "%s %s", how, path)
					}
					require.Equal(t, http.StatusUnauthorized, c.Send(t, http.MethodPost, "/logout", nil).Status, how)
				}
				require.Equal(t, `{"is_valid":false}`,
					string(elsewhere.Client().PostJSON(t, "/sessions/validate", map[string]string{"session_token": session.Token}).Body))
			}
		}
		require.True(t, session.Valid(t))
		require.True(t, session.Client.Tenant.ByPath().Accepts(t, session.Token), "at its own tenant's other address it is good")
		require.Equal(t, 1, shop.Count(t, "sessions"))
		require.Zero(t, bank.Count(t, "sessions"))
		require.Empty(t, env.Errors())
	})
}

func TestIsolation_SigningInAtOneShowsNothingOfTheOther(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank, kim, other := twins(t, env, `{"session": {"limit": 1}, `+passwords+`, `+testenv.Webhook+`}`)
		here, there := kim.SignIn(t), other.SignIn(t)
		require.True(t, here.Valid(t), "the limit of sessions counts within the tenant")
		require.True(t, there.Valid(t))
		require.NotEqual(t, here.UserID, there.UserID)
		require.Equal(t, kim.ID, here.UserID)
		require.Equal(t, other.ID, there.UserID)
		var me struct {
			ID     string
			Emails []map[string]any
		}
		shop.Client().Bearer(here.Token).Get(t, "/me").JSON(t, &me)
		require.Equal(t, kim.ID.String(), me.ID)
		require.Len(t, me.Emails, 1)
		here.Logout(t)
		require.True(t, there.Valid(t))
		require.Len(t, shop.AuditOf(t, "login_success", 1), 1)
		require.Len(t, bank.AuditOf(t, "login_success", 1), 1)
		require.Empty(t, bank.AuditOf(t, "user_logged_out", 0))
		require.Equal(t, 0, count(names(bank.Events(t)), "session.delete.explicit.logout"))
	})
}

func TestIsolation_ACodeOpensNoFlowOfAnotherTenant(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank, kim, _ := twins(t, env, `{"password": {"enabled": false}, "mfa": {"enabled": false}}`)
		start := func(s *testenv.Tenant) (*testenv.Flow, string) {
			f := s.Begin(t, "login")
			require.Equal(t, "passcode_confirmation", f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email}).Name)
			return f, s.CodeTo(t, kim.Email)
		}
		here, code := start(shop)
		there, foreign := start(bank)
		for code == foreign { // one pair in a million
			there, foreign = start(bank)
		}
		require.Equal(t, map[string]string{"code": "passcode_invalid"}, there.Do(t, "verify_passcode", testenv.Inputs{"code": code}).InputErrors())
		require.Equal(t, "success", there.Do(t, "verify_passcode", testenv.Inputs{"code": foreign}).Name)
		require.Equal(t, "success", here.Do(t, "verify_passcode", testenv.Inputs{"code": code}).Name)
	})
}

func TestIsolation_PeopleOfOtherTenantsAreUnknown(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		hints := `{"privacy": {"show_account_existence_hints": true}, "username": {"enabled": true}, "email": {"require_verification": false},
			"mfa": {"enabled": false}}`
		shop, bank := env.Tenant(t, "shop", hints), env.Tenant(t, "bank", hints)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@example.org", Username: "kim", Password: testenv.Password})

		login := bank.Begin(t, "login")
		require.Equal(t, map[string]string{"identifier": "unknown_email_error"},
			login.Do(t, "continue_with_login_identifier", testenv.Inputs{"identifier": kim.Email}).InputErrors())
		require.Equal(t, map[string]string{"identifier": "unknown_username_error"},
			login.Do(t, "continue_with_login_identifier", testenv.Inputs{"identifier": kim.Username}).InputErrors())
		// Both are free to be taken there.
		r := bank.Begin(t, "registration")
		require.Equal(t, "password_creation", r.Do(t, "register_login_identifier", testenv.Inputs{"email": kim.Email, "username": kim.Username}).Name)
		require.Equal(t, "success", r.Do(t, "register_password", testenv.Inputs{"new_password": "another horse"}).Name)
		require.Equal(t, 1, shop.Count(t, "users"))
		require.Equal(t, 1, bank.Count(t, "users"))

		// Each has her own password.
		for s, wrong := range map[*testenv.Tenant]string{shop: "another horse", bank: testenv.Password} {
			f := s.Begin(t, "login")
			f.Do(t, "continue_with_login_identifier", testenv.Inputs{"identifier": kim.Email})
			f.Do(t, "continue_to_password_login")
			require.Equal(t, map[string]string{"password": "value_invalid_error"}, f.Do(t, "password_login", testenv.Inputs{"password": wrong}).InputErrors())
		}
	})
}

func TestIsolation_LimitsAreCountedWithinTheTenant(t *testing.T) {
	t.Parallel()

	for name, options := range map[string][]testenv.Option{"in memory": nil, "in Redis": {testenv.WithRedis()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := testenv.OnSQLite(t, options...)
			shop, bank, kim, other := twins(t, env, `{`+passwords+`}`)
			f := shop.Begin(t, "login")
			f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
			for range 5 {
				require.Equal(t, 400, f.Do(t, "password_login", testenv.Inputs{"password": "wrong"}).Status)
			}
			got := f.Do(t, "password_login", testenv.Inputs{"password": kim.Password})
			require.Equal(t, 429, got.Status)
			var wait int
			require.NoError(t, json.Unmarshal(got.Payload["retry_after"], &wait))
			require.LessOrEqual(t, wait, 60)
			require.True(t, other.SignIn(t).Valid(t))
			_ = bank
			// Another name for the same address would be another count; there is none: it is trimmed and lowered first.
			f = shop.Begin(t, "login")
			f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": " KIM@Example.org"})
			require.Equal(t, 429, f.Do(t, "password_login", testenv.Inputs{"password": kim.Password}).Status)
			require.Empty(t, env.Errors())
		})
	}
}
