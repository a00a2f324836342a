package oauth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestProviders_AreListedInTheirOrder(t *testing.T) {
	t.Parallel()

	w := setup(t, func(tp *config.ThirdParty) {
		tp.Providers.GitHub.Enabled = false
		acme := tp.CustomProviders["acme"]
		acme.DisplayName = "Zeta"
		tp.CustomProviders["acme"] = acme
		tp.CustomProviders["off"] = config.CustomProvider{DisplayName: "Off"}
	})
	all, err := w.room.Providers(w.tenant)
	require.NoError(t, err)
	var ids []string
	for _, l := range all.List() {
		ids = append(ids, l.ID+"="+l.Name)
	}
	require.Equal(t, []string{
		"apple=Apple", "discord=Discord", "google=Google", "linkedin=LinkedIn", "microsoft=Microsoft", "facebook=Facebook", "custom_other=Other", "custom_acme=Zeta",
	}, ids)
	for _, id := range []string{"github", "custom_off", "custom_none", "off", "", "Google", "acme"} {
		_, ok := all.Get(id)
		require.False(t, ok, id)
	}
	again, err := w.room.Providers(w.tenant)
	require.NoError(t, err)
	require.Same(t, all, again, "compiled once")
}
