package user

import (
	"strings"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// providerName is what a person calls the third party of an identity, and whether it may be shown: identities of parties that the tenant
// has switched off are not.
func providerName(t *tenants.Tenant, id string) (string, bool) {
	p := t.Config.ThirdParty.Providers
	builtIn := map[string]struct {
		name     string
		provider config.Provider
	}{
		"apple": {"Apple", p.Apple}, "discord": {"Discord", p.Discord}, "facebook": {"Facebook", p.Facebook}, "github": {"GitHub", p.GitHub},
		"google": {"Google", p.Google}, "linkedin": {"LinkedIn", p.LinkedIn}, "microsoft": {"Microsoft", p.Microsoft},
	}
	if b, ok := builtIn[id]; ok {
		return b.name, b.provider.Enabled
	}
	if name, ok := strings.CutPrefix(id, "custom_"); ok {
		c, ok := t.Config.ThirdParty.CustomProviders[name]
		return c.DisplayName, ok && c.Enabled
	}
	return id, t.Config.SAML.Enabled
}

// Usable reports whether the third party of the identity is one that the tenant lets people sign in with.
func (i Identity) Usable(t *tenants.Tenant) bool {
	_, ok := providerName(t, i.ProviderID)
	return ok
}
