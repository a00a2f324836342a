package api_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

// passkey gives a new user a passkey and, perhaps, an address.
func (c *console) passkey(t *testing.T, tenant, address string) {
	t.Helper()
	require.NoError(t, c.store.Do(t.Context(), scope.Tenant(uuid.MustParse(tenant)), func(ctx context.Context, tx *store.Tx) error {
		user := tx.User.Create().SaveX(ctx)
		if address != "" {
			tx.Email.Create().SetUserID(user.ID).SetAddress(address).ExecX(ctx)
		}
		return tx.WebauthnCredential.Create().SetUserID(user.ID).SetCredentialID(user.ID[:]).SetCredentialHash(user.ID[:]).
			SetPublicKey([]byte("x")).SetAaguid(uuid.Nil).SetTransports(nil).Exec(ctx)
	}))
}

func TestPlan_CountsWhoWouldBeLockedOutAndChangesNothing(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		shop, other := c.tenant(t, "shop"), c.tenant(t, "other")
		c.passkey(t, shop, "")
		c.passkey(t, shop, "kim@shop.example")
		c.passkey(t, other, "")
		path := "/v1/tenants/" + shop
		plan := c.must(t, 200, "GET", path+"/relying-party/plan?rp_id=shop.example&origins=https://login.shop.example&origins=https://shop.de", "")
		require.Equal(t, true, plan.get("breaks"))
		require.EqualValues(t, 2, plan.get("broken.passkeys"))
		require.EqualValues(t, 1, plan.get("broken.people_without_another_way"))
		require.Equal(t, "https://shop.example/.well-known/webauthn", plan.str("related_origins_url"))
		require.Contains(t, plan.Text, `"how":"related"`)

		same := c.must(t, 200, "GET", path+"/relying-party/plan", "")
		require.Equal(t, false, same.get("breaks"))
		require.Equal(t, "shop.localhost", same.str("planned.id"))
		require.EqualValues(t, 0, same.get("broken.people"))

		change := `{"webauthn":{"relying_party":{"id":"localhost"}}}`
		dry := c.must(t, 200, "PATCH", path+"/config?dry_run=true", change)
		require.Contains(t, dry.Text, "all 2 passkeys and 0 security keys of 2 people stop working; 1 people have no other way to sign in")
		require.Equal(t, "shop.localhost", c.must(t, 200, "GET", path+"/config", "").str("webauthn.relying_party.id"))
		require.NotContains(t, c.must(t, 200, "PATCH", path+"/config?dry_run=true", `{"service":{"name":"x"}}`).Text, "stop working")
	})
}
