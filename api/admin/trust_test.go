package admin_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// Trust in a device is worth what it was given under.
func TestTrust_EndsWithThePasswordAndTheFactorThatABackEndTakes(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", `{"mfa":{"enabled":true}}`)
		admin := shop.Admin(t)
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: "correct horse battery"})
		kim.Give(t, testenv.Factors{Passkey: true, SecurityKey: true, App: true})
		lou := shop.Person(t, testenv.NewPerson{Email: "lou@shop.example", Password: "correct horse battery"})
		lou.TrustDevice(t, shop.Client())
		var credentials []struct {
			ID      string `json:"id"`
			MFAOnly bool   `json:"mfa_only"`
		}
		admin.Get(t, userPath(kim, "/webauthn_credentials")).JSON(t, &credentials)
		require.Len(t, credentials, 2)
		for _, c := range credentials {
			kim.TrustDevice(t, shop.Client())
			require.Equal(t, http.StatusNoContent, admin.Do(t, http.MethodDelete, userPath(kim, "/webauthn_credentials/"+c.ID), nil).Status)
			require.Equal(t, !c.MFAOnly, shop.Count(t, "trusted") == 2, "a passkey is no second factor, a security key is")
		}
		for what, take := range map[string]func() testenv.Response{
			"password": func() testenv.Response {
				return admin.Do(t, http.MethodPut, userPath(kim, "/password"), `{"password":"another horse"}`)
			},
			"app": func() testenv.Response { return admin.Do(t, http.MethodDelete, userPath(kim, "/otp"), nil) },
		} {
			kim.TrustDevice(t, shop.Client())
			require.Less(t, take().Status, 300, what)
			require.Equal(t, 1, shop.Count(t, "trusted"), "%s: Lou's alone is left", what)
		}
	})
}
