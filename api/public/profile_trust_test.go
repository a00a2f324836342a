package public_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A device that was trusted before there was a second factor does not do without the first one that is set up, but does without others then.
func TestProfile_TheFirstSecondFactorEndsTheTrustOfBefore(t *testing.T) {
	t.Parallel()

	for what, setUp := range map[string]func(t *testing.T, shop *testenv.Tenant, f *testenv.Flow){
		"app": func(t *testing.T, _ *testenv.Tenant, f *testenv.Flow) { setUpApp(t, f) },
		"security key": func(t *testing.T, shop *testenv.Tenant, f *testenv.Flow) {
			enrol(t, f, "security_key_create", shop.Device(t))
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			testenv.Each(t, func(t *testing.T, env *testenv.Env) {
				shop := env.Tenant(t, "shop", `{"mfa":{"device_trust_policy":"always"}}`)
				kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example", Password: testenv.Password})
				lou := shop.Person(t, testenv.NewPerson{Email: "lou@shop.example", Password: testenv.Password})
				lou.Give(t, testenv.Factors{App: true, Passkey: true})
				kim.TrustDevice(t, shop.Client())
				lou.TrustDevice(t, shop.Client())
				setUp(t, shop, kim.SignedIn(t, shop.Client(), 0).Profile(t))
				require.Equal(t, 1, shop.Count(t, "trusted"), "Lou's alone is left")
				if what == "security key" {
					setUp(t, shop, lou.SignedIn(t, shop.Client(), 0).Profile(t))
					require.Equal(t, 1, shop.Count(t, "trusted"), "she had a second factor when it was given")
				}
			})
		})
	}
}
