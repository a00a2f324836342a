package public_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestProfile_MetadataHaveThreeThousandCharacters(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		f := kim.SignedIn(t, shop.Client(), 0).Profile(t)
		patch := func(v any) testenv.State {
			return f.Do(t, "patch_metadata", testenv.Inputs{"patch_metadata": v})
		}
		refused := func(v any) {
			t.Helper()
			s := patch(v)
			require.Equal(t, "invalid_metadata_error", s.InputErrors()["patch_metadata"], "%s", s.Response.Body)
		}
		longest := strings.Repeat("\U0001F511", 3000-len(`{"a":""}`)) // characters, not bytes
		require.Equal(t, http.StatusOK, patch(map[string]string{"a": longest}).Status)
		require.Contains(t, string(f.State.Payload["user"]), longest)
		refused(map[string]string{"b": ""}) // with what is there it is too long
		refused(map[string]string{"a": longest + "x"})
		require.Equal(t, http.StatusOK, patch(map[string]any{"a": nil, "b": longest}).Status)
		require.Equal(t, http.StatusOK, patch(nil).Status)

		deep := json.RawMessage(strings.Repeat(`{"a":`, 55) + "1" + strings.Repeat("}", 55))
		require.Equal(t, http.StatusOK, patch(deep).Status)
		require.Equal(t, http.StatusOK, patch(deep).Status)
		refused(strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100))
		refused(strings.Repeat(`[`, 5000))
		odd := json.RawMessage(`{"":{"\u0000":"\ud800","<&>'\"\\":1e999},"__proto__":[null]}`)
		require.Equal(t, http.StatusOK, patch(odd).Status)
		require.Empty(t, env.Errors())
	})
}

func TestProfile_AnAddressThatNobodyHasClaimedLooksFree(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Email.Create().SetAddress("nobody@shop.example").Exec(ctx)
	}))
	f := kim.SignedIn(t, shop.Client(), 0).Profile(t)
	require.Equal(t, "passcode_confirmation", f.Do(t, "email_create", testenv.Inputs{"email": "nobody@shop.example"}).Name)
	require.False(t, shop.MailTo(t, "nobody@shop.example").HasCode())
}

func TestProfile_OddInputsAreNoErrorsOfOurs(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"username": {"enabled": true}, "password": {"optional": true}, "account": {"allow_deletion": false}}`)
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Username: "kim", Password: testenv.Password})
	kim.AddEmail(t, "second@shop.example", false)
	kim.AddCredential(t, "passkey", false)
	kim.AddCredential(t, "stick", true)
	kim.SignedIn(t, shop.Client(), 0)
	f := kim.SignedIn(t, shop.Client(), 0).Profile(t)
	odd := []any{
		nil, "", " ", "\x00", "\U0001F511", "00000000-0000-0000-0000-000000000000", strings.Repeat("x", 5000), "' OR 1=1 --", 7, 1e300, true,
		[]string{"x"}, map[string]any{"a": 1},
	}
	for _, action := range f.State.Offers() {
		names := make([]string, 0, 2)
		for name := range f.State.Actions[action].Inputs {
			names = append(names, name)
		}
		if len(names) == 0 || strings.HasPrefix(action, "password") || strings.HasPrefix(action, "username") {
			continue
		}
		for _, value := range odd {
			in := testenv.Inputs{}
			for _, name := range names {
				in[name] = value
			}
			s := f.Post(t, f.Href(action), f.State.CSRFToken, in)
			require.Less(t, s.Status, http.StatusInternalServerError, "%s %v: %s", action, value, s.Response.Body)
			f.State.CSRFToken = s.CSRFToken
			require.Equal(t, "profile_init", s.Name, "%s %v: %s", action, value, s.Response.Body)
		}
	}
	require.Empty(t, env.Errors())
}

func TestProfile_IsDescribedForDocuments(t *testing.T) {
	t.Parallel()

	inputs := map[string][]string{}
	for _, d := range testenv.OnSQLite(t).App.Flows.Describe() {
		for _, s := range d.States {
			for _, a := range s.Actions {
				for _, in := range a.Inputs {
					inputs[d.Name+" "+a.Name] = append(inputs[d.Name+" "+a.Name], in.Name())
				}
			}
		}
	}
	for action, want := range map[string][]string{
		"email_create": {"email"}, "email_delete": {"email_id"}, "session_delete": {"session_id"}, "password_update": {"password"},
		"username_create": {"username"}, "patch_metadata": {"patch_metadata"}, "webauthn_credential_rename": {"passkey_id", "passkey_name"},
		"otp_code_verify": {"otp_code"}, "verify_passcode": {"code"}, "webauthn_verify_attestation_response": {"public_key"},
	} {
		require.Equal(t, want, inputs["profile "+action], action)
	}
}
