package public_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// submit posts the same request many times at once and returns the answers by status.
func submit(t *testing.T, f *testenv.Flow, action string, inputs testenv.Inputs) map[int][]testenv.State {
	t.Helper()
	const times = 5 // as many tries of a password as the limit allows: each one counts
	answers := make(chan testenv.State, times)
	var all sync.WaitGroup
	start := make(chan struct{})
	for range times {
		all.Go(func() {
			same := &testenv.Flow{Client: f.Client.Tenant.Client(), Name: f.Name, State: f.State}
			<-start
			answers <- same.Post(t, f.Href(action), f.State.CSRFToken, inputs)
		})
	}
	close(start)
	all.Wait()
	close(answers)
	byStatus := map[int][]testenv.State{}
	for a := range answers {
		byStatus[a.Status] = append(byStatus[a.Status], a)
	}
	return byStatus
}

// oneOf checks that one answer has the status and all others are refused without having changed anything.
func oneOf(t *testing.T, answers map[int][]testenv.State, status int) testenv.State {
	t.Helper()
	for s, list := range answers {
		for _, a := range list {
			require.Contains(t, []int{status, 403, 503}, s, "%s", a.Response.Body) // 503: it waited too long for its turn to hash
			if s == 403 {
				require.Equal(t, notPermitted, a.Refusal())
				require.Equal(t, "error", a.Name)
				require.Empty(t, a.CSRFToken)
				require.Empty(t, a.Response.Header.Values("Set-Cookie"))
			}
		}
	}
	require.Len(t, answers[status], 1)
	return answers[status][0]
}

func TestFlow_OneOfManyIdenticalSubmitsSucceeds(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"use_for_authentication": false}, "mfa": {"enabled": false}, `+testenv.Webhook+`}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		f := shop.Begin(t, "login")

		// From a sealed start: the row can be inserted once.
		f.State = oneOf(t, submit(t, f, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email}), 200)
		require.Equal(t, "login_password", f.State.Name)
		require.Equal(t, 1, shop.Count(t, "flows"))

		// From a stored flow: the version can be replaced once.
		success := oneOf(t, submit(t, f, "password_login", testenv.Inputs{"password": kim.Password}), 200)
		require.Equal(t, "success", success.Name)
		require.Equal(t, 1, shop.Count(t, "sessions"))
		shop.AuditOf(t, "login_success", 1)
		require.Len(t, shop.Events(t), 2, "session.create.flow and user.login")
		require.Empty(t, env.Errors())
	})
}

func TestFlow_ManySealedStartsOfOneHandleLeaveOneAccount(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"require_verification": false}, "mfa": {"enabled": false}, "password": {"acquire_on_registration": "never"}}`)
		f := shop.Begin(t, "registration")
		success := oneOf(t, submit(t, f, "register_login_identifier", testenv.Inputs{"email": "kim@shop.example"}), 200)
		require.Equal(t, "success", success.Name)
		require.Equal(t, 1, shop.Count(t, "users"))
		require.Equal(t, 1, shop.Count(t, "sessions"))
		require.Empty(t, env.Errors())
	})
}

func TestFlow_ManyRegistrationsOfOneAddressLeaveOneAccount(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"require_verification": false}, "mfa": {"enabled": false}, "password": {"acquire_on_registration": "never"}}`)
		flows := make([]*testenv.Flow, 6)
		for i := range flows {
			flows[i] = shop.Begin(t, "registration")
		}
		answers := make([]testenv.State, len(flows))
		var all sync.WaitGroup
		for i, f := range flows {
			all.Go(func() { answers[i] = f.Do(t, "register_login_identifier", testenv.Inputs{"email": "kim@shop.example"}) })
		}
		all.Wait()
		succeeded := 0
		for _, a := range answers {
			switch a.Name {
			case "success":
				succeeded++
			case "error":
				require.Equal(t, notPermitted, a.Refusal())
			default: // it came when the account was there
				require.Equal(t, map[string]string{"email": "email_already_exists"}, a.InputErrors())
			}
		}
		require.Equal(t, 1, succeeded)
		require.Equal(t, 1, shop.Count(t, "users"))
		require.Equal(t, 1, shop.Count(t, "sessions"))
		require.Empty(t, env.Errors())
	})
}

func TestFlow_WrongCodesAtOnceCountAsOneTryOfTheFlow(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"password": {"enabled": false}}`)
		shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		f := shop.Begin(t, "login")
		f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": "kim@shop.example"})
		code := shop.CodeTo(t, "kim@shop.example")

		// Guessing in parallel is no way around the three tries: all but one guess are refused before they tell anything.
		f.State = oneOf(t, submit(t, f, "verify_passcode", testenv.Inputs{"code": testenv.Another(code)}), 400)
		f.State = oneOf(t, submit(t, f, "verify_passcode", testenv.Inputs{"code": testenv.Another(code)}), 400)
		require.Equal(t, "passcode_max_attempts_reached", f.Do(t, "verify_passcode", testenv.Inputs{"code": code[1:] + "x"}).Refusal())
		require.Equal(t, "passcode_max_attempts_reached", f.Do(t, "verify_passcode", testenv.Inputs{"code": code}).Refusal())
	})
}
