package flows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// Trust in a device is worth what it was given under: who changes the password, recovers it, or takes a second factor away, starts anew on every device.
func TestTrust_EndsWithThePasswordAndTheFactor(t *testing.T) {
	t.Parallel()

	const password = "correct horse battery"
	for what, end := range map[string]func(t *testing.T, kim *testenv.Person){
		"password changed": func(t *testing.T, kim *testenv.Person) {
			profile(t, kim).Do(t, "password_update", testenv.Inputs{"password": "another horse battery"})
		},
		"app removed": func(t *testing.T, kim *testenv.Person) {
			kim.Give(t, testenv.Factors{App: true})
			profile(t, kim).Do(t, "otp_secret_delete")
		},
		"password recovered": func(t *testing.T, kim *testenv.Person) {
			f := kim.Tenant.Begin(t, "login")
			f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
			f.Do(t, "continue_to_password_login")
			f.Do(t, "continue_to_passcode_confirmation_recovery")
			f.Do(t, "verify_passcode", testenv.Inputs{"code": kim.Tenant.CodeTo(t, kim.Email)})
			f.Do(t, "password_recovery", testenv.Inputs{"new_password": "another horse battery"})
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			testenv.Each(t, func(t *testing.T, env *testenv.Env) {
				shop := env.Tenant(t, "shop", `{"mfa":{"enabled":true,"optional":true},"password":{"recovery":true}}`)
				kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: password})
				lou := shop.Person(t, testenv.NewPerson{Email: "lou@shop.example", Password: password})
				kim.TrustDevice(t, shop.Client())
				lou.TrustDevice(t, shop.Client())
				require.Equal(t, 2, shop.Count(t, "trusted"))
				end(t, kim)
				require.Equal(t, 1, shop.Count(t, "trusted"), "Lou's alone is left")
			})
		})
	}
}

func profile(t *testing.T, p *testenv.Person) *testenv.Flow {
	t.Helper()
	return p.SignedIn(t, p.Tenant.Client(), time.Minute).Profile(t)
}
