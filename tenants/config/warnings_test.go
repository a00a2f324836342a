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

func TestWarnings_TellOfSAMLWithoutAPageToReturnTo(t *testing.T) {
	t.Parallel()

	c := config.Default()
	c.SAML.Enabled = true
	require.Len(t, c.Warnings(), 1)
	require.Equal(t, "saml.default_redirect_url", c.Warnings()[0].Path)
	c.SAML.DefaultRedirectURL = "https://shop.example/signed-in"
	require.Empty(t, c.Warnings())
}
