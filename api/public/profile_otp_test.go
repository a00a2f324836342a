package public_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/totp"
)

// member decodes a member of the payload.
func member[T any](t *testing.T, s testenv.State, name string) (v T) {
	t.Helper()
	require.Contains(t, s.Payload, name, "%s", s.Response.Body)
	require.NoError(t, json.Unmarshal(s.Payload[name], &v))
	return v
}

// setUpApp sets an authenticator app up, and returns its secret and the answer.
func setUpApp(t *testing.T, f *testenv.Flow) (string, testenv.State) {
	t.Helper()
	s := f.Do(t, "continue_to_otp_secret_creation")
	require.Equal(t, "mfa_otp_secret_creation", s.Name, "%s", s.Response.Body)
	secret := member[string](t, s, "otp_secret")
	require.Len(t, secret, 32)
	require.True(t, strings.HasPrefix(member[string](t, s, "otp_image_source"), "data:image/png;base64,"))
	code, err := totp.Code(secret, time.Now())
	require.NoError(t, err)
	return secret, f.Do(t, "otp_code_verify", testenv.Inputs{"otp_code": code})
}

func TestProfile_AnAuthenticatorAppIsSetUpAndRemoved(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{`+testenv.Webhook+`}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		f := kim.SignedIn(t, shop.Client(), 0).Profile(t)

		first := member[string](t, f.Do(t, "continue_to_otp_secret_creation"), "otp_secret")
		wrong := f.Do(t, "otp_code_verify", testenv.Inputs{"otp_code": "12345"})
		require.Equal(t, "passcode_invalid", wrong.InputErrors()["otp_code"])
		require.Equal(t, first, member[string](t, wrong, "otp_secret"), "the secret stays while she tries")
		require.False(t, shown(t, f.Do(t, "back")).MFA.AuthAppSetUp)

		second, s := setUpApp(t, f)
		require.NotEqual(t, first, second, "each visit has a secret of its own")
		require.True(t, shown(t, s).MFA.AuthAppSetUp)
		require.NotContains(t, s.Payload, "recovery_codes")
		require.NotContains(t, s.Offers(), "back")
		require.NotContains(t, s.Offers(), "continue_to_otp_secret_creation")
		require.NotContains(t, s.Offers(), "recovery_codes_create")
		require.NotEmpty(t, shop.AuditOf(t, "otp_created", 1)[0].Details["otp_secret"])
		require.Equal(t, "mfa_create", shop.AuditOf(t, "security_notification_sent", 1)[0].Details["template"])

		// From now on a login asks for it, and the code that proved it was used.
		login := shop.Flow(t, "login")
		login.Do(t, "register_client_capabilities", testenv.Inputs{"webauthn_available": false})
		login.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
		login.Do(t, "continue_to_password_login")
		require.Equal(t, "login_otp", login.Do(t, "password_login", testenv.Inputs{"password": kim.Password}).Name)

		require.False(t, shown(t, f.Do(t, "otp_secret_delete")).MFA.AuthAppSetUp)
		require.Equal(t, "mfa_delete", shop.AuditOf(t, "security_notification_sent", 2)[1].Details["template"])
		require.Equal(t, kim.ID, kim.SignIn(t).UserID, "no second factor is asked for")
		require.Empty(t, env.Errors())
	})
}

func TestProfile_OnlyOneOfTwoAppsIsSetUp(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		codes := map[*testenv.Flow]string{}
		actions := map[*testenv.Flow]string{}
		for range 2 {
			f := kim.SignedIn(t, shop.Client(), 0).Profile(t)
			code, err := totp.Code(member[string](t, f.Do(t, "continue_to_otp_secret_creation"), "otp_secret"), time.Now())
			require.NoError(t, err)
			codes[f], actions[f] = code, "otp_code_verify"
		}
		onlyOne(t, actions, func(f *testenv.Flow) testenv.Inputs { return testenv.Inputs{"otp_code": codes[f]} })
		require.Empty(t, env.Errors())
	})
}

func TestProfile_RecoveryCodesAreShownOnceAndReplaced(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"mfa": {"recovery_codes": {"enabled": true}}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		f := kim.SignedIn(t, shop.Client(), 0).Profile(t)
		require.NotContains(t, f.State.Offers(), "recovery_codes_create")

		_, s := setUpApp(t, f)
		old := member[[]string](t, s, "recovery_codes")
		require.Len(t, old, 10)
		require.Contains(t, s.Offers(), "recovery_codes_create")
		require.NotContains(t, f.Do(t, "patch_metadata", testenv.Inputs{"patch_metadata": map[string]any{}}).Payload, "recovery_codes")

		s = f.Do(t, "recovery_codes_create")
		fresh := member[[]string](t, s, "recovery_codes")
		require.Len(t, fresh, 10)
		shown(t, s)
		shop.AuditOf(t, "recovery_codes_created", 1)
		validate := func(code string) testenv.State {
			t.Helper()
			login := shop.Flow(t, "login")
			login.Do(t, "register_client_capabilities", testenv.Inputs{"webauthn_available": false})
			login.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
			login.Do(t, "continue_to_password_login")
			login.Do(t, "password_login", testenv.Inputs{"password": kim.Password})
			return login.Do(t, "otp_code_validate", testenv.Inputs{"otp_code": code})
		}
		require.Equal(t, http.StatusBadRequest, validate(old[0]).Status)
		require.Equal(t, http.StatusOK, validate(fresh[0]).Status)

		f.Do(t, "otp_secret_delete")
		require.Zero(t, shop.Count(t, "recovery_codes"), "they go with the app")
		require.Empty(t, env.Errors())
	})
}

func TestProfile_RecoveryCodesNeedAYoungSession(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"mfa": {"recovery_codes": {"enabled": true}}, "session": {"reauthentication_age": "1h"}}`)
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	kim.AddApp(t)
	f := kim.SignedIn(t, shop.Client(), 2*time.Hour).Profile(t)
	for _, action := range []string{"recovery_codes_create", "otp_secret_delete"} {
		s := f.Do(t, action)
		require.Equal(t, http.StatusUnauthorized, s.Status)
		require.NotContains(t, s.Payload, "recovery_codes")
		require.True(t, shown(t, s).MFA.AuthAppSetUp)
	}
}
