package public_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// atOnce runs an action in several flows of one person at the same moment. Each must succeed or be refused cleanly; it returns how many
// succeeded.
func atOnce(t *testing.T, flows []*testenv.Flow, action string, inputs func(i int) testenv.Inputs) int {
	t.Helper()
	answers := make([]testenv.State, len(flows))
	var all sync.WaitGroup
	for i, f := range flows {
		all.Go(func() { answers[i] = f.Do(t, action, inputs(i)) })
	}
	all.Wait()
	succeeded := 0
	for _, a := range answers {
		require.Contains(t, []int{200, 400, 403}, a.Status, "%s", a.Response.Body)
		if a.Name == "success" {
			succeeded++
		}
	}
	return succeeded
}

func TestSamePerson_SetsHerFirstPasswordTwiceAtOnce(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"mfa": {"enabled": false}, "passkey": {"enabled": false}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		flows := make([]*testenv.Flow, 3)
		for i := range flows {
			f := shop.Begin(t, "login")
			f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
			f.Do(t, "continue_to_password_login")
			f.Do(t, "continue_to_passcode_confirmation_recovery")
			require.Equal(t, "login_password_recovery", f.Do(t, "verify_passcode", testenv.Inputs{"code": shop.CodeTo(t, kim.Email)}).Name)
			flows[i] = f
		}
		require.Positive(t, atOnce(t, flows, "password_recovery", func(int) testenv.Inputs {
			return testenv.Inputs{"new_password": testenv.Password}
		}))
		kim.Password = testenv.Password
		require.True(t, kim.SignIn(t).Valid(t))
		require.Empty(t, env.Errors())
	})
}

func TestSamePerson_ChoosesTwoNamesAtOnce(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"username": {"enabled": true}, `+passwords+`}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		flows := make([]*testenv.Flow, 3)
		for i := range flows {
			f := shop.Begin(t, "login")
			f.Do(t, "continue_with_login_identifier", testenv.Inputs{"identifier": kim.Email})
			require.Equal(t, "onboarding_username", f.Do(t, "password_login", testenv.Inputs{"password": kim.Password}).Name)
			flows[i] = f
		}
		succeeded := atOnce(t, flows, "username_create", func(i int) testenv.Inputs {
			return testenv.Inputs{"username": fmt.Sprintf("kim%d", i)}
		})
		require.Positive(t, succeeded)
		require.Equal(t, succeeded, shop.Count(t, "sessions"))
		require.Empty(t, env.Errors())
	})
}

func TestSamePerson_AddsHerFirstAddressTwiceAtOnce(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"username": {"enabled": true}, "email": {"require_verification": false}, "mfa": {"enabled": false},
			"passkey": {"enabled": false}}`)
		lee := shop.Person(t, testenv.NewPerson{Username: "lee", Password: testenv.Password})
		flows := make([]*testenv.Flow, 3)
		for i := range flows {
			f := shop.Begin(t, "login")
			f.Do(t, "continue_with_login_identifier", testenv.Inputs{"identifier": lee.Username})
			require.Equal(t, "onboarding_email", f.Do(t, "password_login", testenv.Inputs{"password": lee.Password}).Name)
			flows[i] = f
		}
		succeeded := atOnce(t, flows, "email_address_set", func(i int) testenv.Inputs {
			return testenv.Inputs{"email": fmt.Sprintf("lee%d@shop.example", i)}
		})
		require.Positive(t, succeeded)
		session := lee.SignIn(t)
		var me struct {
			Emails []struct {
				IsPrimary bool `json:"is_primary"`
			}
		}
		session.Client.Bearer(session.Token).Get(t, "/me").JSON(t, &me)
		primary := 0
		for _, e := range me.Emails {
			if e.IsPrimary {
				primary++
			}
		}
		require.Equal(t, 1, primary, "one address is the primary one")
		require.Empty(t, env.Errors())
	})
}
