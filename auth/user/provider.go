package user

import (
	"context"
	"fmt"
	"strings"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/predicate"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// customPrefix begins the ids of OAuth providers that a tenant described itself.
const customPrefix = "custom_"

// builtIn are the OAuth providers that every tenant can switch on.
var builtIn = map[string]struct {
	name string
	of   func(*config.Providers) *config.Provider
}{
	"apple":     {"Apple", func(p *config.Providers) *config.Provider { return &p.Apple }},
	"discord":   {"Discord", func(p *config.Providers) *config.Provider { return &p.Discord }},
	"facebook":  {"Facebook", func(p *config.Providers) *config.Provider { return &p.Facebook }},
	"github":    {"GitHub", func(p *config.Providers) *config.Provider { return &p.GitHub }},
	"google":    {"Google", func(p *config.Providers) *config.Provider { return &p.Google }},
	"linkedin":  {"LinkedIn", func(p *config.Providers) *config.Provider { return &p.LinkedIn }},
	"microsoft": {"Microsoft", func(p *config.Providers) *config.Provider { return &p.Microsoft }},
}

// IsOAuth reports whether the id is one that only OAuth providers have. SAML identity providers give themselves theirs.
func IsOAuth(provider string) bool {
	_, known := builtIn[provider]
	return known || strings.HasPrefix(provider, customPrefix)
}

// party is what a person calls the third party of an identity, and whether the tenant lets people sign in with it.
func (i Identity) party(t *tenants.Tenant) (name string, usable bool) {
	if known, ok := builtIn[i.ProviderID]; ok {
		return known.name, known.of(&t.Config.ThirdParty.Providers).Enabled
	}
	if key, ok := strings.CutPrefix(i.ProviderID, customPrefix); ok {
		c, ok := t.Config.ThirdParty.CustomProviders[key]
		return c.DisplayName, ok && c.Enabled
	}
	if i.SAML == nil {
		return i.ProviderID, false
	}
	return i.SAML.Name, i.SAML.Enabled && t.Config.SAML.Enabled
}

// Usable reports whether the third party of the identity is one that the tenant lets people sign in with.
func (i Identity) Usable(t *tenants.Tenant) bool {
	_, usable := i.party(t)
	return usable
}

// parties are SAML identity providers by their domains and entity ids.
type parties struct{ byDomain, byEntity map[string]*SAMLProvider }

// of is the provider of an identity: that of its domain, or of its id where it came from elsewhere without a domain; nil where there is none.
func (p parties) of(row *ent.Identity) *SAMLProvider {
	if row.SamlDomain != nil {
		return p.byDomain[*row.SamlDomain]
	}
	return p.byEntity[row.ProviderID]
}

// samlProviders reads the SAML identity providers of identities. No statement where there are none such.
func samlProviders(ctx context.Context, client *ent.Client, identities []*ent.Identity) (parties, error) {
	var wanted []predicate.SAMLProvider
	for _, i := range identities {
		switch {
		case IsOAuth(i.ProviderID):
		case i.SamlDomain != nil:
			wanted = append(wanted, samlprovider.Domain(*i.SamlDomain))
		default:
			wanted = append(wanted, samlprovider.EntityID(i.ProviderID))
		}
	}
	found := parties{map[string]*SAMLProvider{}, map[string]*SAMLProvider{}}
	if len(wanted) == 0 {
		return found, nil
	}
	rows, err := client.SAMLProvider.Query().Where(samlprovider.Or(wanted...)).
		Select(samlprovider.FieldName, samlprovider.FieldDomain, samlprovider.FieldEntityID, samlprovider.FieldEnabled,
			samlprovider.FieldSkipEmailVerification).
		Order(ent.Asc(samlprovider.FieldCreatedAt, samlprovider.FieldID)).All(ctx)
	if err != nil {
		return found, fmt.Errorf("load SAML identity providers: %w", err)
	}
	for _, row := range rows {
		shown := &SAMLProvider{Name: row.Name, Enabled: row.Enabled, Verifies: row.SkipEmailVerification}
		found.byDomain[row.Domain] = shown
		if found.byEntity[row.EntityID] == nil {
			found.byEntity[row.EntityID] = shown
		}
	}
	return found, nil
}
