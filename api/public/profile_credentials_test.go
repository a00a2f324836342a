package public_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// shownUser is what a profile shows of its person, as far as these tests look.
type shownUser struct {
	Passkeys     []shownCredential `json:"passkeys"`
	SecurityKeys []shownCredential `json:"security_keys"`
	MFA          struct {
		AuthAppSetUp bool `json:"auth_app_set_up"`
	} `json:"mfa_config"`
}

type shownCredential struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	MFAOnly bool   `json:"mfa_only"`
}

// shown is the person in the payload of profile_init.
func shown(t *testing.T, s testenv.State) shownUser {
	t.Helper()
	require.Equal(t, "profile_init", s.Name, "%s", s.Response.Body)
	var u shownUser
	require.NoError(t, json.Unmarshal(s.Payload["user"], &u))
	return u
}

// enrol answers the creation options that an action of profile_init leads to.
func enrol(t *testing.T, f *testenv.Flow, action string, device *authenticator.Authenticator, lies ...authenticator.Lie) testenv.State {
	t.Helper()
	asked := f.Do(t, action)
	require.Equal(t, "webauthn_credential_verification", asked.Name, "%s", asked.Response.Body)
	require.Equal(t, []string{"back", "webauthn_verify_attestation_response"}, asked.Offers())
	return f.Do(t, "webauthn_verify_attestation_response", testenv.Inputs{
		"public_key": device.Create(t, asked.Payload["creation_options"], lies...),
	})
}

func TestProfile_APasskeyIsSetUpNamedUsedAndDeleted(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"username": {"enabled": true}, `+testenv.Webhook+`}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Username: "kim"})
		session := kim.SignedIn(t, shop.Client(), 0)
		device := authenticator.New(shop.URL())
		f := session.Profile(t)

		u := shown(t, enrol(t, f, "webauthn_credential_create", device))
		require.Len(t, u.Passkeys, 1)
		id := device.Credentials()[0].EncodedID()
		require.Equal(t, id, u.Passkeys[0].ID)
		require.Equal(t, id, shop.AuditOf(t, "passkey_created", 1)[0].Details["passkey"])
		require.Equal(t, "passkey_create", shop.AuditOf(t, "security_notification_sent", 1)[0].Details["template"])
		require.NotEmpty(t, shop.MailTo(t, kim.Email).Subject)
		require.NotContains(t, f.State.Offers(), "back", "what is stored is not undone")

		// The device refuses to hold a second one of the same person.
		asked := f.Do(t, "webauthn_credential_create")
		_, err := device.TryCreate(asked.Payload["creation_options"])
		require.ErrorIs(t, err, authenticator.ErrExcluded)
		var options struct {
			PublicKey struct {
				User struct{ ID, Name, DisplayName string }
			}
		}
		require.NoError(t, json.Unmarshal(asked.Payload["creation_options"], &options))
		require.Equal(t, base64.RawURLEncoding.EncodeToString(kim.ID[:]), options.PublicKey.User.ID)
		require.Equal(t, "kim@shop.example", options.PublicKey.User.Name)
		require.Equal(t, "kim", options.PublicKey.User.DisplayName)
		f.Do(t, "back")

		u = shown(t, f.Do(t, "webauthn_credential_rename", testenv.Inputs{"passkey_id": id, "passkey_name": "My \U0001F511"}))
		require.Equal(t, "My \U0001F511", u.Passkeys[0].Name)
		for name, code := range map[string]string{"": "value_missing_error", strings.Repeat("é", 256): "value_too_long_error"} {
			s := f.Do(t, "webauthn_credential_rename", testenv.Inputs{"passkey_id": id, "passkey_name": name})
			require.Equal(t, code, s.InputErrors()["passkey_name"])
		}
		u = shown(t, f.Do(t, "webauthn_credential_rename", testenv.Inputs{"passkey_id": id, "passkey_name": strings.Repeat("é", 255)}))
		require.Equal(t, strings.Repeat("é", 255), u.Passkeys[0].Name)

		login := shop.Flow(t, "login")
		login.Do(t, "register_client_capabilities", testenv.Inputs{"webauthn_available": true})
		asked = login.Do(t, "webauthn_generate_request_options")
		login.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{
			"assertion_response": device.Get(t, asked.Payload["request_options"]),
		})
		require.Equal(t, kim.ID, login.OpenSession(t).UserID)

		require.Empty(t, shown(t, f.Do(t, "webauthn_credential_delete", testenv.Inputs{"passkey_id": id})).Passkeys)
		require.Equal(t, id, shop.AuditOf(t, "passkey_deleted", 1)[0].Details["credential_id"])
		shop.AuditOf(t, "security_notification_sent", 1)
		for _, e := range shop.Events(t) {
			require.NotContains(t, e.Name, "user.update")
		}
		require.Empty(t, env.Errors())
	})
}

func TestProfile_ASecurityKeyIsASecondFactor(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	device := authenticator.New(shop.URL())
	f := kim.SignedIn(t, shop.Client(), 0).Profile(t)

	u := shown(t, enrol(t, f, "security_key_create", device))
	require.Empty(t, u.Passkeys)
	require.Len(t, u.SecurityKeys, 1)
	require.True(t, u.SecurityKeys[0].MFAOnly)
	require.False(t, device.Credentials()[0].Discoverable)
	id := u.SecurityKeys[0].ID
	require.Equal(t, id, shop.AuditOf(t, "security_key_created", 1)[0].Details["security_key"])
	require.Equal(t, "mfa_create", shop.AuditOf(t, "security_notification_sent", 1)[0].Details["template"])

	require.Equal(t, "stick", shown(t, f.Do(t, "webauthn_credential_rename", testenv.Inputs{"passkey_id": id, "passkey_name": "stick"})).SecurityKeys[0].Name)
	require.Empty(t, shown(t, f.Do(t, "security_key_delete", testenv.Inputs{"security_key_id": id})).SecurityKeys)
	require.Equal(t, "mfa_delete", shop.AuditOf(t, "security_notification_sent", 2)[1].Details["template"])
	require.Empty(t, env.Errors())
}

// TestProfile_D12 is named after the checklist of flow-profile §12.
func TestProfile_D12DeletingASecurityKeyAsIfItWereAPasskey(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"mfa": {"optional": false}}`)
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	kim.AddCredential(t, "passkey", false)
	kim.AddCredential(t, "stick", true)
	f := kim.SignedIn(t, shop.Client(), 0).Profile(t)
	stick := testenv.Inputs{"passkey_id": base64.RawURLEncoding.EncodeToString([]byte("stick"))}
	require.Equal(t, http.StatusForbidden, f.Do(t, "webauthn_credential_delete", stick).Status, "the tenant insists on a second factor")
	kim.AddApp(t)
	u := shown(t, f.Do(t, "webauthn_credential_delete", stick))
	require.Empty(t, u.SecurityKeys)
	require.Len(t, u.Passkeys, 1)
}

func TestProfile_ACredentialThatDoesNotVerifyLeadsBack(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	device := authenticator.New(shop.URL())
	f := kim.SignedIn(t, shop.Client(), 0).Profile(t)
	refused := func(s testenv.State) {
		t.Helper()
		require.Equal(t, http.StatusUnauthorized, s.Status)
		require.Equal(t, "passkey_invalid", s.Refusal())
		require.Empty(t, shown(t, s).Passkeys)
		require.NotContains(t, s.Offers(), "back")
	}
	refused(enrol(t, f, "webauthn_credential_create", device, authenticator.FromOrigin("https://evil.example")))
	refused(enrol(t, f, "security_key_create", device, authenticator.Challenged("AAAA")))
	for _, answer := range []any{nil, "nonsense", 7, []string{}, map[string]any{"id": "x"}, strings.Repeat("[", 50)} {
		require.Equal(t, "webauthn_credential_verification", f.Do(t, "webauthn_credential_create").Name)
		refused(f.Do(t, "webauthn_verify_attestation_response", testenv.Inputs{"public_key": answer}))
	}
	require.Empty(t, env.Errors())
}

func TestProfile_CredentialsKeepToTheLimitThatCountsWhenTheyAreStored(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"passkey": {"limit": 2}}`)
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	kim.AddCredential(t, "one", false)
	f := kim.SignedIn(t, shop.Client(), 0).Profile(t)
	asked := f.Do(t, "webauthn_credential_create")
	kim.AddCredential(t, "two", false)
	s := f.Do(t, "webauthn_verify_attestation_response", testenv.Inputs{
		"public_key": authenticator.New(shop.URL()).Create(t, asked.Payload["creation_options"]),
	})
	require.Equal(t, http.StatusForbidden, s.Status)
	require.Len(t, shown(t, s).Passkeys, 2)
	require.NotContains(t, s.Offers(), "webauthn_credential_create")
}

func TestProfile_ACredentialNeedsANameToShow(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	nobody := shop.Person(t, testenv.NewPerson{})
	f := nobody.SignedIn(t, shop.Client(), 0).Profile(t)
	require.Equal(t, http.StatusForbidden, f.Do(t, "webauthn_credential_create").Status)
	require.Equal(t, "profile_init", f.State.Name)
}

func TestProfile_TwoDeletionsAtOnceLeaveAWayToSignIn(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"password": {"optional": true}, "email": {"use_for_authentication": false}}`)
		for i := range 5 {
			address := string(rune('a'+i)) + "@shop.example"
			kim := shop.Person(t, testenv.NewPerson{Email: address, Password: testenv.Password})
			kim.AddCredential(t, address, false)
			first, second := kim.SignedIn(t, shop.Client(), 0).Profile(t), kim.SignedIn(t, shop.Client(), 0).Profile(t)
			onlyOne(t, map[*testenv.Flow]string{first: "password_delete", second: "webauthn_credential_delete"}, func(f *testenv.Flow) testenv.Inputs {
				if f == first {
					return nil
				}
				return testenv.Inputs{"passkey_id": shown(t, f.State).Passkeys[0].ID}
			})
		}
		require.Empty(t, env.Errors())
	})
}
