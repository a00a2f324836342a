package public_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestBudget_StatementsOfPasskeysAndProfiles(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"mfa": {"enabled": false}, "password": {"enabled": false}}`)
		device := authenticator.New(shop.URL())
		able := testenv.Inputs{"webauthn_available": true, "webauthn_conditional_mediation_available": true}

		f := shop.Flow(t, "registration")
		f.Do(t, "register_client_capabilities", able)
		f.Do(t, "register_login_identifier", testenv.Inputs{"email": "kim@shop.example"})
		f.Do(t, "verify_passcode", testenv.Inputs{"code": shop.CodeTo(t, "kim@shop.example")})
		measure(t, env, "registration, passkey", 9, 12, func() {
			f.Do(t, "webauthn_generate_creation_options")
			made := device.Create(t, f.State.Payload["creation_options"])
			f.Do(t, "webauthn_verify_attestation_response", testenv.Inputs{"public_key": made})
		})
		session := f.OpenSession(t)

		measure(t, env, "login by passkey, with the button", 11, 20, func() {
			f := shop.Flow(t, "login")
			f.Do(t, "register_client_capabilities", able)
			f.Do(t, "webauthn_generate_request_options")
			answer := device.Get(t, f.State.Payload["request_options"])
			require.Equal(t, "success", f.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{"assertion_response": answer}).Name)
		})
		measure(t, env, "login by passkey, from the form's autofill", 9, 20, func() {
			f := shop.Flow(t, "login")
			f.Do(t, "register_client_capabilities", able)
			answer := device.Get(t, f.State.Payload["request_options"])
			require.Equal(t, "success", f.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{"assertion_response": answer}).Name)
		})

		flows := shop.Count(t, "flows")
		measure(t, env, "profile, to its first page", 4, 8, func() {
			f := shop.Client().Bearer(session.Token).Flow(t, "profile")
			f.Do(t, "register_client_capabilities", able)
			require.Equal(t, "profile_init", f.State.Name)
		})
		require.Equal(t, flows, shop.Count(t, "flows"), "looking at the profile stores nothing")
	}, testenv.Quiet())
}
