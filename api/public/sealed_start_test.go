package public_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestSealedStart_StoresNothingUntilSomebodyActs(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		shop.Flow(t, "login") // loads the tenant
		var f *testenv.Flow
		sent := env.Statements(func() { f = shop.Begin(t, "login") })
		require.Empty(t, sent)
		require.Zero(t, shop.Count(t, "flows"))
		// An action that fails counts as one.
		f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": "x"})
		require.Equal(t, 1, shop.Count(t, "flows"))
	}, testenv.Quiet())
}

func TestSealedStart_CannotBeUsedTwice(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"email": {"use_for_authentication": false}}`)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})

		f := shop.Flow(t, "login")
		preflight := f.State
		f.Do(t, "register_client_capabilities", testenv.Inputs{"webauthn_available": false})
		start := f.State
		// Telling the capabilities again changes nothing: there is nothing yet that it could undo.
		again := f.Post(t, preflight.Actions["register_client_capabilities"].Href, preflight.CSRFToken, testenv.Inputs{"webauthn_available": false})
		require.Equal(t, "login_init", again.Name)

		f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
		stored := shop.FlowRow(t, f.ID())
		for what, handle := range map[string]string{"the one used": start.CSRFToken, "its twin": again.CSRFToken} {
			got := f.Post(t, f.Href("continue_with_login_identifier"), handle, testenv.Inputs{"email": kim.Email})
			require.Equal(t, notPermitted, got.Refusal(), what)
			require.Equal(t, 403, got.Status, what)
		}
		// The first handle of all would lead to the start once more, and from there nowhere.
		got := f.Post(t, preflight.Actions["register_client_capabilities"].Href, preflight.CSRFToken, nil)
		if got.Status == http.StatusOK {
			got = f.Post(t, f.Href("continue_with_login_identifier"), got.CSRFToken, testenv.Inputs{"email": kim.Email})
		}
		require.Equal(t, notPermitted, got.Refusal())
		require.Equal(t, stored, shop.FlowRow(t, f.ID()))
		require.Equal(t, "success", f.Do(t, "password_login", testenv.Inputs{"password": kim.Password}).Name)
		// Nor when the flow is over.
		got = f.Post(t, f.Href("continue_with_login_identifier"), start.CSRFToken, testenv.Inputs{"email": kim.Email})
		require.Equal(t, notPermitted, got.Refusal())
	})
}

func TestSealedStart_OpensForNothingElse(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	f := shop.Begin(t, "login")
	inputs := testenv.Inputs{"email": "kim@shop.example"}
	href, handle := f.Href("continue_with_login_identifier"), f.State.CSRFToken
	refused := func(c *testenv.Client, href, handle, why string) {
		t.Helper()
		other := &testenv.Flow{Client: c, Name: "login"}
		got := other.Post(t, href, handle, inputs)
		require.Equal(t, 403, got.Status, why)
		require.Equal(t, notPermitted, got.Refusal(), why)
	}

	refused(bank.Client(), href, handle, "another tenant")
	refused(bank.ByPath().Client(), href, handle, "another tenant, by path")
	refused(shop.Client(), strings.Replace(href, f.ID(), uuid.NewString(), 1), handle, "another flow's id")
	refused(shop.Client(), "/registration"+strings.TrimPrefix(href, "/login"), handle, "another flow")
	for i := 0; i < len(handle); i += 7 { // every part of it counts
		refused(shop.Client(), href, flip(handle, i), "a changed character")
	}
	refused(shop.Client(), href, handle+"AAAA", "more")
	refused(shop.Client(), href, strings.ToUpper(handle), "another spelling")
	other := env.Replica(t) // under the same secret
	require.Equal(t, "login_method_chooser", (&testenv.Flow{Client: shop.On(other).Client(), Name: "login"}).Post(t, href, handle, inputs).Name,
		"another node of the deployment goes on with it")
	require.Empty(t, env.Errors())
}

// flip changes one character of base64url text.
func flip(s string, i int) string {
	b := []byte(s)
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func TestSealedStart_HasOneSpelling(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	f := shop.Begin(t, "login")
	handle := f.State.CSRFToken
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, handle[len(handle)-1])
	require.GreaterOrEqual(t, last, 0)
	for _, spelling := range []string{
		handle[:len(handle)-1] + alphabet[last^1:last^1+1], // bits that decoding drops, where there are some
		handle + "=", handle + "\n", " " + handle, handle[:10] + "\n" + handle[10:],
	} {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(spelling)
		if err == nil && base64.RawURLEncoding.EncodeToString(raw) == handle {
			continue // the same text
		}
		got := f.Post(t, f.Href("continue_with_login_identifier"), spelling, testenv.Inputs{"email": "kim@shop.example"})
		require.Equal(t, 403, got.Status, "%q", spelling)
	}
}

func TestStoredFlow_OpensForNoOtherTenant(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		config := `{"email": {"use_for_authentication": false}}`
		shop, bank := env.Tenant(t, "shop", config), env.Tenant(t, "bank", config)
		kim := testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password}
		shop.Person(t, kim)
		bank.Person(t, kim)
		f := shop.Begin(t, "login")
		f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": kim.Email})
		before := shop.FlowRow(t, f.ID())
		for _, other := range []*testenv.Tenant{bank, bank.ByPath()} {
			foreign := &testenv.Flow{Client: other.Client(), Name: "login"}
			got := foreign.Post(t, f.Href("password_login"), f.State.CSRFToken, testenv.Inputs{"password": kim.Password})
			require.Equal(t, 403, got.Status)
			require.Equal(t, notPermitted, got.Refusal())
		}
		require.Equal(t, before, shop.FlowRow(t, f.ID()))
		require.Zero(t, bank.Count(t, "sessions"))
		require.Equal(t, "success", f.Do(t, "password_login", testenv.Inputs{"password": kim.Password}).Name)
	})
}
