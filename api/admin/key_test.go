package admin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestKey_DecidesTheTenantAndWhatMayBeDone(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	path := "/users/" + kim.ID.String()
	admin := shop.Admin(t)

	require.Equal(t, http.StatusOK, admin.Get(t, path).Status)
	require.Equal(t, http.StatusOK, shop.Admin(t, "users:*").Get(t, path).Status)
	require.Equal(t, http.StatusForbidden, shop.Admin(t, "users:write").Get(t, path).Status, "another scope")
	require.Equal(t, http.StatusNotFound, bank.Admin(t).Get(t, path).Status, "another tenant's user")

	foreign := bank.Admin(t)
	foreign.Base = admin.Base
	require.Equal(t, http.StatusNotFound, foreign.Get(t, path).Status, "another tenant's path")
	for _, wrong := range []string{"", "Bearer", "Bearer lka_x", "Basic a2ltOmtpbQ==", "Bearer " + uuid.NewString()} {
		answer := admin.With("Authorization", wrong).Get(t, path)
		require.Equal(t, http.StatusUnauthorized, answer.Status, wrong)
		require.JSONEq(t, `{"code":401,"message":"Unauthorized"}`, string(answer.Body))
		require.NotEmpty(t, answer.Header.Get("WWW-Authenticate"))
	}
}

func TestKey_ComesBeforeTheFormOfTheIDAndThatBeforeTheTenant(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	admin := env.Tenant(t, "shop").Admin(t)
	root := *admin
	root.Base = admin.Base[:len(admin.Base)-len(uuid.NewString())-1]

	require.Equal(t, http.StatusUnauthorized, root.With("Authorization", "").Get(t, "/users").Status)
	require.Equal(t, http.StatusBadRequest, root.Get(t, "/users").Status)
	require.Equal(t, http.StatusNotFound, root.Get(t, "/"+uuid.NewString()+"/users").Status)
	require.Equal(t, http.StatusNotFound, admin.Get(t, "/nothing").Status)
	require.Equal(t, http.StatusBadRequest, admin.Get(t, "/users/7").Status)
	require.Equal(t, http.StatusOK, root.With("Authorization", "").Get(t, "/health/alive").Status)
	require.Equal(t, http.StatusOK, root.With("Authorization", "").Get(t, "/openapi.json").Status)
}

func TestKey_IsRefusedOnceRevokedOrExpired(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	path := "/users/" + kim.ID.String()
	keys := env.App.APIKeys

	admin := shop.Admin(t)
	require.Equal(t, http.StatusOK, admin.Get(t, path).Status)
	list, err := keys.List(t.Context(), shop.ID)
	require.NoError(t, err)
	require.NoError(t, keys.Revoke(t.Context(), tenants.BySystem, shop.ID, list[0].ID))
	require.Equal(t, http.StatusUnauthorized, admin.Get(t, path).Status)

	soon := time.Now().Add(2 * time.Second)
	_, plain, err := keys.Create(t.Context(), tenants.BySystem, nil, shop.ID, tenants.NewToken{Name: "brief", ExpiresAt: &soon})
	require.NoError(t, err)
	brief := admin.With("Authorization", "Bearer "+plain)
	require.Eventually(t, func() bool { return brief.Get(t, path).Status == http.StatusUnauthorized }, 30*time.Second, 20*time.Millisecond)
}

func TestStatus_OfTheTenantDecidesWhatItsBackEndMayDo(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop")
	kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
	path := "/users/" + kim.ID.String()
	admin := shop.Admin(t)

	shop.SetStatus(t, tenants.StatusReadOnly)
	require.Equal(t, http.StatusOK, admin.Get(t, path).Status)
	require.Equal(t, http.StatusForbidden, admin.Do(t, http.MethodDelete, path, nil).Status)
	shop.SetStatus(t, tenants.StatusSuspended)
	require.Equal(t, http.StatusForbidden, admin.Get(t, path).Status)
}
