package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/tenants"
)

// SAMLCertificate is a certificate of a tenant as a SAML service provider.
type SAMLCertificate struct {
	ID          uuid.UUID  `json:"id" format:"uuid" doc:"The certificate's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2e"`
	State       string     `json:"state" enum:"published,active,retiring,gone" doc:"published: in the metadata; active: signs; retiring: decrypts and still verifies; gone: its key is erased." example:"active"`
	Fingerprint string     `json:"fingerprint" doc:"SHA-256 of the certificate in hex." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Certificate string     `json:"certificate" doc:"The certificate as PEM."`
	CreatedAt   time.Time  `json:"created_at" doc:"When it was made." example:"2026-11-29T12:00:00Z"`
	ExpiresAt   time.Time  `json:"expires_at" doc:"When it ends. Its successor is published 30 days before." example:"2027-11-29T12:00:00Z"`
	ActivatedAt *time.Time `json:"activated_at" doc:"When it began to sign, or will."`
	RetiredAt   *time.Time `json:"retired_at" doc:"When it stopped signing."`
}

type samlCertificatesOutput struct {
	Body struct {
		Certificates []SAMLCertificate `json:"saml_certificates" nullable:"false" doc:"The certificates, oldest first."`
	}
}

type samlCertificateOutput struct {
	Body SAMLCertificate
}

func (a *API) samlCertificateOperations() {
	const path = "/tenants/{id}/saml/certificates"
	huma.Register(a.v1, describe(op("list-saml-certificates", http.MethodGet, path, tenants.KeysRead, tagSAML, "List the certificates for SAML", 400, 404),
		"A tenant's first certificate is made when it is needed first."), a.listSAMLCertificates)
	huma.Register(a.v1, describe(op("rotate-saml-certificate", http.MethodPost, path, tenants.KeysWrite, tagSAML, "Rotate the certificate for SAML", 400, 404, 409),
		"The new certificate is in the metadata now and signs after 7 days, which identity providers have to fetch it. The one before still decrypts for 7 days more."),
		a.rotateSAMLCertificate)
}

func (a *API) listSAMLCertificates(ctx context.Context, in *TenantPath) (*samlCertificatesOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	all, err := a.o.SAML.Certificates(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &samlCertificatesOutput{}
	out.Body.Certificates = make([]SAMLCertificate, len(all))
	for i, c := range all {
		out.Body.Certificates[i] = showCertificate(c)
	}
	return out, nil
}

func (a *API) rotateSAMLCertificate(ctx context.Context, in *TenantPath) (*samlCertificateOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	c, err := a.o.SAML.Rotate(ctx, caller(ctx).Actor, in.ID)
	if err != nil {
		return nil, err
	}
	return &samlCertificateOutput{showCertificate(c)}, nil
}

func showCertificate(c saml.Certificate) SAMLCertificate {
	return SAMLCertificate{c.ID, string(c.State), c.Fingerprint, c.PEM, stamp(c.CreatedAt), stamp(c.ExpiresAt), c.ActivatedAt, c.RetiredAt}
}
