package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestWarnings_TellOfPatternsThatAllowNothing(t *testing.T) {
	t.Parallel()

	c := config.Default()
	c.ThirdParty.AllowedRedirectURLs = []string{"https://shop.example/**", "https://**", "shopapp://**"}
	c.SAML.AllowedRedirectURLs = []string{"shopapp://**", "https://{a,b}.shop.example/**"}
	var paths []string
	for _, w := range c.Warnings() {
		paths = append(paths, w.Path)
		require.Contains(t, w.String(), "allows no page")
	}
	require.Equal(t, []string{"third_party.allowed_redirect_urls[1]", "third_party.allowed_redirect_urls[2]", "saml.allowed_redirect_urls[1]"}, paths)
	require.Empty(t, new(config.Config).Warnings())
}
