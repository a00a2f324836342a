package wire_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/internal/idpmock"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestOAuth_ReachesPublicAddressesAndWhatTheOperatorOpened(t *testing.T) {
	t.Parallel()

	idp := idpmock.New(t)
	ask := func(pairs ...string) error {
		c := config.Default()
		c.ThirdParty.CustomProviders = map[string]config.CustomProvider{"acme": {Enabled: true, UseDiscovery: true, Issuer: idp.Get("acme").Issuer}}
		providers, err := build(t, pairs...).OAuth.Providers(&tenants.Tenant{ID: uuid.New(), Config: &c})
		require.NoError(t, err)
		acme, ok := providers.Get("custom_acme")
		require.True(t, ok)
		_, err = acme.AuthorizationURL(t.Context(), oauth.Request{State: "s"})
		return err
	}
	require.ErrorIs(t, ask(), safehttp.ErrForbiddenAddress)
	require.Empty(t, idp.Get("acme").Calls("discovery"))
	require.NoError(t, ask("egress.allow_cidrs", "127.0.0.0/8"))
	require.Len(t, idp.Get("acme").Calls("discovery"), 1)
}
