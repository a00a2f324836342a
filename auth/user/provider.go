package user

import (
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// providerName is what a person calls the third party of an identity, and whether it may be shown: identities of parties that the tenant
// has switched off are not.
func providerName(t *tenants.Tenant, id string) (string, bool) {
	if config.IsOAuth(id) {
		return t.Config.ThirdParty.Name(id)
	}
	return id, t.Config.SAML.Enabled
}

// Usable reports whether the third party of the identity is one that the tenant lets people sign in with.
func (i Identity) Usable(t *tenants.Tenant) bool {
	_, ok := providerName(t, i.ProviderID)
	return ok
}
