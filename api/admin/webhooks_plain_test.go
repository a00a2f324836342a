package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestWebhooks_WithoutTLSAreRefusedUnlessTheyWereThereBefore(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	admin := shop.Admin(t)
	const plain = `{"callback":"http://hooks.example/a","events":["user"],"enabled":true}`
	r := admin.Do(t, http.MethodPost, "/webhooks", plain)
	require.Equal(t, http.StatusBadRequest, r.Status, "%s", r.Body)

	w := hook(t, admin, `{"callback":"https://hooks.example/a","events":["user"]}`)
	path := "/webhooks/" + w.ID.String()
	require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPut, path, plain).Status)
	require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error { // as an earlier version took it
		return tx.Webhook.UpdateOneID(w.ID).SetCallback("http://hooks.example/a").Exec(ctx)
	}))
	require.Equal(t, http.StatusOK, admin.Do(t, http.MethodPut, path, plain).Status, "it may stay")
	require.Equal(t, http.StatusBadRequest, admin.Do(t, http.MethodPut, path, `{"callback":"http://hooks.example/b","events":["user"],"enabled":true}`).Status)

	_, err := env.App.Provisioner.PatchConfig(t.Context(), shop.ID,
		json.RawMessage(`{"webhooks":{"enabled":true,"hooks":[{"callback":"http://hooks.example/c","events":["user"]}]}}`), tenants.How{By: tenants.BySystem})
	require.ErrorContains(t, err, "invalid config")
	_, err = env.App.Provisioner.PatchConfig(t.Context(), shop.ID,
		json.RawMessage(`{"third_party":{"custom_providers":{"club":{"enabled":false,"token_endpoint":"http://club.example/token"}}}}`),
		tenants.How{By: tenants.BySystem})
	require.ErrorContains(t, err, "invalid config")
}

func TestWebhooks_WithoutTLSAreTakenForWhatTheDeploymentOpens(t *testing.T) {
	t.Parallel()

	admin := testenv.OnSQLite(t, testenv.Loopback()).Tenant(t, "shop").Admin(t)
	hook(t, admin, `{"callback":"http://127.0.0.1:9/a","events":["user"]}`)
	hook(t, admin, `{"callback":"http://hooks.default.svc/a","events":["user"]}`)
	r := admin.Do(t, http.MethodPost, "/webhooks", `{"callback":"http://10.0.0.1/a","events":["user"]}`)
	require.Equal(t, http.StatusBadRequest, r.Status, "%s", r.Body)
}
