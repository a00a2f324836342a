package user

import (
	"github.com/latchkeep/latchkeep/tenants"
)

// builtInProviders are the third parties that need no description in the configuration, by id.
var builtInProviders = map[string]string{
	"apple": "Apple", "discord": "Discord", "facebook": "Facebook", "github": "GitHub", "google": "Google", "linkedin": "LinkedIn",
	"microsoft": "Microsoft",
}

// providerName is what a person calls the third party of an identity, and whether it may be shown: identities of parties that the tenant
// has switched off are not.
func providerName(_ *tenants.Tenant, id string) (string, bool) {
	name, ok := builtInProviders[id]
	return name, ok
}
