package saml

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"time"

	"github.com/crewjam/saml"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// metadataTTL is how long providers may keep the metadata of a tenant. Spec: saml §4.
const metadataTTL = 7 * 24 * time.Hour

var (
	// ErrDisabled says that the tenant has SAML switched off.
	ErrDisabled = problem.Forbidden("saml_disabled", "SAML is not enabled for this tenant")
	// ErrNoProvider says that no enabled provider signs in the domain, or that there is none with the id.
	ErrNoProvider = problem.NotFound("saml_provider_not_found", "there is no such identity provider")
)

// A Document is a file to be downloaded.
type Document struct {
	Name string
	Body []byte
}

// Metadata describes the tenant as a service provider, for who sets up the provider of a domain. Its content is the same for all of them.
// Errors: ErrDisabled, ErrNoProvider. Spec: saml §4.
func (r *Room) Metadata(ctx context.Context, t *tenants.Tenant, domain string) (Document, error) {
	rows, err := r.published(ctx, t, domain)
	if err != nil {
		return Document{}, err
	}
	body, err := describe(t, rows, r.now())
	if err != nil {
		return Document{}, err
	}
	return Document{t.Config.Service.Name + "-metadata.xml", body}, nil
}

// CertificatePEM is the certificate that signs requests and that assertions are encrypted for. Errors: ErrDisabled, ErrNoProvider.
func (r *Room) CertificatePEM(ctx context.Context, t *tenants.Tenant, domain string) (Document, error) {
	rows, err := r.published(ctx, t, domain)
	if err != nil {
		return Document{}, err
	}
	return Document{t.Config.Service.Name + "-service-provider.pem", []byte(rows[0].Certificate)}, nil
}

func (r *Room) published(ctx context.Context, t *tenants.Tenant, domain string) ([]*ent.SAMLCertificate, error) {
	if !t.Config.SAML.Enabled {
		return nil, ErrDisabled
	}
	if _, ok := t.SAMLForDomain(domain); !ok {
		return nil, ErrNoProvider
	}
	return r.ensure(ctx, t)
}

// describe writes the metadata. All certificates verify what the tenant signs; to encrypt there is the one that signs and the one that will.
func describe(t *tenants.Tenant, rows []*ent.SAMLCertificate, now time.Time) ([]byte, error) {
	s, yes := serviceOf(t), true
	sp := saml.SPSSODescriptor{
		AuthnRequestsSigned: &t.Config.SAML.Options.SignAuthnRequests, WantAssertionsSigned: &yes,
		AssertionConsumerServices: []saml.IndexedEndpoint{{Binding: saml.HTTPPostBinding, Location: s.acs, Index: 1}},
	}
	sp.ProtocolSupportEnumeration = nsProtocol
	for _, use := range []string{"signing", "encryption"} {
		for _, row := range rows {
			if use == "encryption" && row.State == string(tenants.KeyRetiring) {
				continue
			}
			key, err := keyDescriptor(row, use)
			if err != nil {
				return nil, err
			}
			sp.KeyDescriptors = append(sp.KeyDescriptors, key)
		}
	}
	text, err := xml.MarshalIndent(saml.EntityDescriptor{
		EntityID: s.entityID, ValidUntil: now.Add(metadataTTL).Truncate(time.Second), SPSSODescriptors: []saml.SPSSODescriptor{sp},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the SAML metadata of tenant %s: %w", t.ID, err)
	}
	return text, nil
}

func keyDescriptor(row *ent.SAMLCertificate, use string) (saml.KeyDescriptor, error) {
	c, err := parseCertificate(row.Certificate)
	if err != nil {
		return saml.KeyDescriptor{}, fmt.Errorf("read SAML certificate %s: %w", row.ID, err)
	}
	data := base64.StdEncoding.EncodeToString(c.Raw)
	key := saml.KeyDescriptor{
		Use: use, KeyInfo: saml.KeyInfo{X509Data: saml.X509Data{X509Certificates: []saml.X509Certificate{{Data: data}}}},
	}
	if use == "encryption" {
		for _, name := range ciphers {
			key.EncryptionMethods = append(key.EncryptionMethods, saml.EncryptionMethod{Algorithm: name})
		}
	}
	return key, nil
}
