package adminclient_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/adminclient"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestClient_CreatesReadsChangesAndDeletesAUser(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		admin := env.Tenant(t, "shop").Admin(t)
		key := func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", admin.Header.Get("Authorization"))
			return nil
		}
		client, err := adminclient.NewClientWithResponses(admin.Base, adminclient.WithRequestEditorFn(key))
		require.NoError(t, err)
		yes := true

		created, err := client.CreateUserWithResponse(t.Context(), nil, adminclient.CreateUserJSONRequestBody{
			Emails: &[]adminclient.EmailToCreate{{Address: "kim@shop.example", IsPrimary: &yes, IsVerified: &yes}},
		})
		require.NoError(t, err)
		require.NotNil(t, created.JSON200, "%s", created.Body)
		id := created.JSON200.Id

		name := "Kim"
		edited, err := client.EditUserWithResponse(t.Context(), id, nil, adminclient.EditUserJSONRequestBody{Name: &name})
		require.NoError(t, err)
		require.NotNil(t, edited.JSON200, "%s", edited.Body)
		require.Equal(t, &name, edited.JSON200.Name)

		read, err := client.GetUserWithResponse(t.Context(), id, nil)
		require.NoError(t, err)
		require.Equal(t, edited.JSON200, read.JSON200)
		require.Equal(t, "kim@shop.example", (*read.JSON200.Emails)[0].Address)

		list, err := client.ListUsersWithResponse(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, *list.JSON200, 1)

		deleted, err := client.DeleteUserWithResponse(t.Context(), id, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusNoContent, deleted.StatusCode())
		gone, err := client.GetUserWithResponse(t.Context(), id, nil)
		require.NoError(t, err)
		require.NotNil(t, gone.JSON404, "%s", gone.Body)
	})
}
