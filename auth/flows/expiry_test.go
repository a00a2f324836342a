package flows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// startedAt is a flow that began at some time.
func startedAt(t *testing.T, shop *testenv.Tenant, name string, at time.Time) *testenv.Flow {
	t.Helper()
	tenant, err := shop.Env.App.Registry.ByID(t.Context(), shop.ID)
	require.NoError(t, err)
	body, err := shop.Env.App.Flows.StartAt(t.Context(), tenant, name, at)
	require.NoError(t, err)
	f := &testenv.Flow{Client: shop.Client(), Name: name}
	require.NoError(t, json.Unmarshal(body, &f.State))
	return f
}

func TestFlow_ExpiresWhetherItIsStoredOrNot(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop")
		for _, name := range []string{"login", "registration"} {
			late := startedAt(t, shop, name, time.Now().Add(-flows.TTL-time.Second))
			got := late.Do(t, "register_client_capabilities")
			require.Equal(t, 410, got.Status)
			require.Equal(t, "flow_expired_error", got.Refusal())
			require.Empty(t, got.CSRFToken)
		}
		require.Zero(t, shop.Count(t, "flows"))

		f := startedAt(t, shop, "login", time.Now().Add(-flows.TTL+8*time.Second))
		f.Do(t, "register_client_capabilities")
		require.Equal(t, "login_init", f.State.Name, "it is not too late")
		require.Equal(t, 400, f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": "x"}).Status)
		href := f.State.Actions["continue_with_login_identifier"].Href
		// A wrong token is told from an expired flow only before it expires: the age is looked at first.
		require.Eventually(t, func() bool {
			got := f.Post(t, href, "wrong", nil)
			require.Contains(t, []int{403, 410}, got.Status)
			return got.Status == 410 && got.Refusal() == "flow_expired_error"
		}, 30*time.Second, 50*time.Millisecond)
		got := f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": "kim@shop.example"})
		require.Equal(t, "flow_expired_error", got.Refusal(), "activity does not put it off")
	})
}
