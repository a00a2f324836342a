package bundle_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	masterSecret = "a master secret of tests only" // of testenv
	secretThere  = "another secret of the one that is new"
)

// People sign in to a deployment that has other secrets with all they had, and stay signed in; back ends keep their keys.
func TestBundle_EverythingThatSignsInWorksElsewhere(t *testing.T) {
	t.Parallel()

	const config = `{"mfa":{"enabled":true,"recovery_codes":{"enabled":true},"security_keys":{"authenticator_attachment":"cross-platform"}}}`
	testenv.Each(t, func(t *testing.T, to *testenv.Env) {
		from := testenv.OnSQLite(t)
		shop := from.Tenant(t, "shop", config)
		byPassword := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
		byPasskey := shop.Person(t, testenv.NewPerson{Email: "sam@shop.example", Factors: testenv.Factors{Passkey: true}})
		byApp := shop.Person(t, testenv.NewPerson{Email: "lee@shop.example", Password: testenv.Password, Factors: testenv.Factors{App: true}})
		byKey := shop.Person(t, testenv.NewPerson{Email: "max@shop.example", Password: testenv.Password, Factors: testenv.Factors{SecurityKey: true}})
		session := byPassword.SignIn(t)
		backEnd := shop.Admin(t)

		// The program of this test seals what it makes itself as the deployment does.
		keys, err := secret.NewKeyring([]string{masterSecret})
		require.NoError(t, err)
		snapshot, err := from.App.Registry.ByID(t.Context(), shop.ID)
		require.NoError(t, err)
		codes, hashes := recoverycode.NewRoom(from.App.Store, keys).New(snapshot, byApp.ID)
		require.NoError(t, shop.Change(t, recoverycode.Replace(byApp.ID, hashes)))

		var file bytes.Buffer
		export, err := from.App.Bundles.Prepare(t.Context(), shop.ID, bundle.ExportOptions{Lock: forUs()})
		require.NoError(t, err)
		_, err = export.Write(t.Context(), tenants.ByCLI, &file)
		require.NoError(t, err)
		done, err := to.App.Bundles.Import(t.Context(), tenants.ByCLI, &file, bundle.ImportOptions{Key: ours()})
		require.NoError(t, err)
		require.False(t, done.Plan.Breaks)

		there := shop.On(to)
		require.True(t, there.Accepts(t, session.Token), "who was signed in is")
		able := testenv.Capabilities{WebAuthn: true, Platform: true, Conditional: true}
		for name, p := range map[string]*testenv.Person{"password": byPassword, "app": byApp, "security key": byKey} {
			browser := there.Client()
			browser.Can = able
			require.True(t, p.On(there).SignInWith(t, browser).Valid(t), name)
		}
		browser := there.Client()
		browser.Can = able
		f := browser.Begin(t, "login")
		f.Do(t, "webauthn_generate_request_options")
		s := f.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{
			"assertion_response": byPasskey.Device.Get(t, f.State.Payload["request_options"]),
		})
		require.Equal(t, http.StatusOK, s.Status, string(s.Response.Body))
		snapshot, err = to.App.Registry.ByID(t.Context(), shop.ID)
		require.NoError(t, err)
		thereKeys, err := secret.NewKeyring([]string{secretThere})
		require.NoError(t, err)
		ok, use, err := recoverycode.NewRoom(to.App.Store, thereKeys).Check(t.Context(), snapshot, byApp.ID, codes[3])
		require.NoError(t, err)
		require.True(t, ok, "recovery code")
		require.NoError(t, there.Change(t, func(ctx context.Context, tx *store.Tx) error { return use(ctx, tx) }))

		moved := there.Admin(t) // knows where the admin API is; the key is the one from before
		moved.Header = backEnd.Header
		r := moved.Get(t, "/users")
		require.Equal(t, http.StatusOK, r.Status)
		var people []any
		r.JSON(t, &people)
		require.Len(t, people, 4)
	}, testenv.With("secrets.keys", secretThere))
}
