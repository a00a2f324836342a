package management_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// TestConsequences_CountWhoWouldBeLockedOut has people who sign in in different ways, and takes the ways from them.
func TestConsequences_CountWhoWouldBeLockedOut(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testenv.New(t, name).App
			made, err := app.Provisioner.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "c" + uuid.NewString()[:8]})
			require.NoError(t, err)
			shop, err := app.Registry.ByID(t.Context(), made.ID)
			require.NoError(t, err)
			by := management.Caller{By: tenants.ByCLI}
			for who, password := range map[string]bool{"kim": true, "sam": true, "lou": false} {
				u, err := app.Management.Create(t.Context(), shop, by, management.NewUser{Username: who})
				require.NoError(t, err)
				if password {
					_, err = app.Management.CreatePassword(t.Context(), shop, by, u.ID, "correct horse battery")
					require.NoError(t, err)
				}
			}
			mailed, err := app.Management.Create(t.Context(), shop, by, management.NewUser{
				Username: "max", Emails: []management.NewEmail{{Address: "max@shop.example", IsPrimary: true, IsVerified: true}},
			})
			require.NoError(t, err)
			_, err = app.Management.CreatePassword(t.Context(), shop, by, mailed.ID, "correct horse battery")
			require.NoError(t, err)

			after := *shop.Config
			after.Password.Enabled = false
			found, err := app.Management.Consequences(t.Context(), shop, &after)
			require.NoError(t, err)
			require.Equal(t, []string{"2 users could not sign in any more: they have nothing else to sign in with."}, found, "lou could not before, max gets codes by mail")
			after.Email.UseForAuthentication = false
			found, err = app.Management.Consequences(t.Context(), shop, &after)
			require.NoError(t, err)
			require.Equal(t, []string{"3 users could not sign in any more: they have nothing else to sign in with."}, found)
			found, err = app.Management.Consequences(t.Context(), shop, shop.Config)
			require.NoError(t, err)
			require.Empty(t, found, "nothing changes")
		})
	}
}
