package user

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/predicate"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// party is what a person calls the third party of an identity, and whether the tenant lets people sign in with it.
func (i Identity) party(t *tenants.Tenant) (name string, usable bool) {
	switch {
	case config.IsOAuth(i.ProviderID):
		return t.Config.ThirdParty.Name(i.ProviderID)
	case i.SAML == nil:
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
		case config.IsOAuth(i.ProviderID):
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
