package tenants

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
)

// A SAMLProvider is a SAML identity provider of a tenant, as far as a snapshot has to know it: every address that somebody signs in with is
// looked up among them, and identities are shown by their names.
type SAMLProvider struct {
	ID                    uuid.UUID
	Name                  string
	EntityID              string // the provider's name for itself, which its identities are kept under
	Domain                string // of the addresses that it signs in, in lower case
	Enabled               bool
	SkipEmailVerification bool // its addresses are taken for verified
}

// SAMLForDomain finds the enabled provider of exactly this mail domain.
func (t *Tenant) SAMLForDomain(domain string) (SAMLProvider, bool) {
	return t.samlProvider(func(p SAMLProvider) bool { return p.Domain == domain && p.Enabled })
}

// SAMLByEntityID finds the provider that calls itself so, an enabled one before others.
func (t *Tenant) SAMLByEntityID(id string) (SAMLProvider, bool) {
	if p, ok := t.samlProvider(func(p SAMLProvider) bool { return p.EntityID == id && p.Enabled }); ok {
		return p, true
	}
	return t.samlProvider(func(p SAMLProvider) bool { return p.EntityID == id })
}

func (t *Tenant) samlProvider(is func(SAMLProvider) bool) (SAMLProvider, bool) {
	if !t.Config.SAML.Enabled {
		return SAMLProvider{}, false
	}
	at := slices.IndexFunc(t.SAML, is)
	if at < 0 {
		return SAMLProvider{}, false
	}
	return t.SAML[at], true
}

// readSAML reads the identity providers of the tenant in the context, oldest first.
func readSAML(ctx context.Context, db *ent.Client) ([]SAMLProvider, error) {
	rows, err := db.SAMLProvider.Query().Order(ent.Asc(samlprovider.FieldCreatedAt, samlprovider.FieldID)).
		Select(samlprovider.FieldID, samlprovider.FieldName, samlprovider.FieldEntityID, samlprovider.FieldDomain, samlprovider.FieldEnabled,
			samlprovider.FieldSkipEmailVerification).
		All(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]SAMLProvider, len(rows))
	for i, row := range rows {
		all[i] = SAMLProvider{row.ID, row.Name, row.EntityID, row.Domain, row.Enabled, row.SkipEmailVerification}
	}
	return all, nil
}
