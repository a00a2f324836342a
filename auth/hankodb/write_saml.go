package hankodb

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/ent/samlcertificate"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// providers imports a tenant's SAML identity providers with their metadata.
func (i *Importer) providers(ctx context.Context, p *plan, o *Outcome) error {
	all, err := i.source.samlProviders(ctx, p.id)
	if err != nil || len(all) == 0 {
		return err
	}
	imported, present, gone := 0, 0, 0
	var refused []*samlProvider
	err = i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		imported, present, gone, refused = 0, 0, 0, nil
		here, err := tx.SAMLProvider.Query().Select(samlprovider.FieldID, samlprovider.FieldDomain).All(ctx)
		if err != nil {
			return err
		}
		ids, domains := map[uuid.UUID]bool{}, map[string]bool{}
		for _, row := range here {
			ids[row.ID], domains[row.Domain] = true, true
		}
		for _, s := range all {
			domain := strings.ToLower(strings.TrimSpace(s.domain))
			switch {
			case ids[s.id]:
				present++
				continue
			case p.gone(s.updated):
				gone++
				continue
			case domain == "" || len(domain) > 253 || domains[domain] || s.id == uuid.Nil:
				refused = append(refused, s)
				continue
			}
			domains[domain] = true
			imported++
			if err := i.provider(ctx, tx, s, domain); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range refused {
		i.problems.add(Problem{Tenant: p.id, Table: "saml_providers", ID: s.id.String(),
			Reason: "the domain is missing, or another provider has it; the provider was left out"})
	}
	*o.count(Providers) = Count{Read: len(all), Imported: imported, Present: present, Gone: gone, Refused: len(refused)}
	return nil
}

func (i *Importer) provider(ctx context.Context, tx *store.Tx, s *samlProvider, domain string) error {
	created := or(s.created, i.now)
	row := tx.SAMLProvider.Create().SetID(s.id).SetName(shorten(s.name, maxName)).SetEntityID(shorten(s.entityID, maxName)).
		SetMetadataURL(s.metadataURL).SetDomain(domain).SetEnabled(s.enabled).SetSkipEmailVerification(s.skipsVerification).
		SetMetadataXML(s.metadata).SetCreatedAt(created).SetUpdatedAt(or(s.updated, created))
	if attributes, ok := compactObject(s.attributes); ok {
		row.SetAttributeMap(json.RawMessage(attributes))
	}
	if !s.fetched.IsZero() {
		row.SetMetadataFetchedAt(s.fetched)
	}
	if s.metadataURL != "" {
		row.SetRefreshAt(i.now) // what was imported is as old as it is
	}
	return i.insert(ctx, row)
}

// certificates imports a tenant's key pairs as a service provider. The first is the one that identity providers know; the others are published
// with it.
func (i *Importer) certificates(ctx context.Context, p *plan, o *Outcome) error {
	all, err := i.source.samlCertificates(ctx, p.id)
	if err != nil || len(all) == 0 {
		return err
	}
	count := o.count(Certificates)
	count.Read = len(all)
	opened := map[uuid.UUID]opened{}
	for _, c := range all {
		pair, err := openCertificate(c)
		if err != nil {
			count.Refused++
			i.problems.add(Problem{Tenant: p.id, Table: "saml_certificates", ID: c.id.String(), Reason: err.Error() + "; it was left out"})
			continue
		}
		opened[c.id] = pair
	}
	imported, present := 0, 0
	err = i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		imported, present = 0, 0
		here, err := tx.SAMLCertificate.Query().Select(samlcertificate.FieldID, samlcertificate.FieldState).All(ctx)
		if err != nil {
			return err
		}
		active := false
		known := []uuid.UUID{}
		for _, row := range here {
			known = append(known, row.ID)
			active = active || row.State == string(tenants.KeyActive)
		}
		for _, c := range all {
			pair, ok := opened[c.id]
			if !ok {
				continue
			}
			if slices.Contains(known, c.id) {
				present++
				continue
			}
			state := tenants.KeyPublished
			if !active {
				state, active = tenants.KeyActive, true
			}
			imported++
			created := or(c.created, i.now)
			row := tx.SAMLCertificate.Create().SetID(c.id).SetCertificate(c.certificate).
				SetPrivateKey(saml.SealKey(i.n.Keyring, p.target, c.id, pair.key)).SetState(string(state)).SetExpiresAt(pair.expires).
				SetCreatedAt(created).SetUpdatedAt(created)
			if err := i.insert(ctx, row); err != nil {
				return err
			}
		}
		return nil
	})
	count.Imported, count.Present = imported, present
	return err
}

// opened is a key pair of which both halves are known.
type opened struct {
	key     []byte // PEM
	expires time.Time
}

// openCertificate opens the private key of a certificate, which is sealed under a secret in the same row, and sees that they belong together.
func openCertificate(c samlCertificate) (opened, error) {
	if c.id == uuid.Nil {
		return opened{}, errors.New("the id is no UUID")
	}
	if len(c.sealedBy) < secret.MinLength {
		return opened{}, errors.New("the secret that the key is sealed under is missing")
	}
	ring, err := secret.NewKeyring([]string{secret.Generate(), c.sealedBy})
	if err != nil {
		return opened{}, errors.New("the secret that the key is sealed under cannot be used")
	}
	key, err := ring.OpenLegacy(c.sealed)
	if err != nil {
		return opened{}, errors.New("the key does not open with the secret beside it")
	}
	pair, err := tls.X509KeyPair([]byte(c.certificate), key)
	if err != nil {
		return opened{}, errors.New("certificate and key are no pair")
	}
	return opened{key: key, expires: pair.Leaf.NotAfter.UTC()}, nil
}
