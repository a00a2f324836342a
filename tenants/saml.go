package tenants

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
)

// A SAMLProvider is a SAML identity provider of a tenant, as far as a snapshot has to know it: every address that somebody signs in with is
// looked up among them.
type SAMLProvider struct {
	ID      uuid.UUID
	Domain  string // of the addresses that it signs in, in lower case
	Enabled bool
}

// SAMLForDomain finds the enabled provider of exactly this mail domain. There is none where SAML is switched off.
func (t *Tenant) SAMLForDomain(domain string) (SAMLProvider, bool) {
	if !t.Config.SAML.Enabled {
		return SAMLProvider{}, false
	}
	at := slices.IndexFunc(t.SAML, func(p SAMLProvider) bool { return p.Domain == domain && p.Enabled })
	if at < 0 {
		return SAMLProvider{}, false
	}
	return t.SAML[at], true
}

// readSAML reads the identity providers of the tenant in the context, oldest first.
func readSAML(ctx context.Context, db *ent.Client) ([]SAMLProvider, error) {
	rows, err := db.SAMLProvider.Query().Order(ent.Asc(samlprovider.FieldCreatedAt, samlprovider.FieldID)).
		Select(samlprovider.FieldID, samlprovider.FieldDomain, samlprovider.FieldEnabled).All(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]SAMLProvider, len(rows))
	for i, row := range rows {
		all[i] = SAMLProvider{row.ID, row.Domain, row.Enabled}
	}
	return all, nil
}
