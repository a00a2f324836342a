package public_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestFlow_IsBoundToItsPath(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		for name, other := range map[string]string{"login": "registration", "registration": "login"} {
			f := shop.Flow(t, name)
			elsewhere := func(action string, inputs testenv.Inputs) testenv.State {
				href := strings.Replace(f.Href(action), "/"+name, "/"+other, 1)
				return f.Post(t, href, f.State.CSRFToken, inputs)
			}
			require.Equal(t, notPermitted, elsewhere("register_client_capabilities", nil).Refusal(), "unsaved: %s at %s", name, other)
			f.Do(t, "register_client_capabilities")
			action := "continue_with_login_identifier"
			if name == "registration" {
				action = "register_login_identifier"
			}
			require.Equal(t, 400, f.Do(t, action, testenv.Inputs{"email": "x"}).Status)
			before := shop.FlowRow(t, f.ID())
			require.NotEmpty(t, before)
			for _, a := range []string{action, "continue_with_login_identifier", "register_login_identifier", "back"} {
				got := elsewhere(a, testenv.Inputs{"email": "kim@shop.example"})
				require.Equal(t, 403, got.Status, "stored: %s at %s", a, other)
				require.Equal(t, notPermitted, got.Refusal())
			}
			require.Equal(t, before, shop.FlowRow(t, f.ID()))
			require.Equal(t, 200, f.Do(t, action, testenv.Inputs{"email": "kim@shop.example"}).Status)
		}
		require.Empty(t, env.Errors())
	})
}
