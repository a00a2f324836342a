package wire

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/latchkeep/latchkeep/tenants/certificates"
)

// buildTLS makes what gets certificates, where the settings say that the public server has its own.
func (a *App) buildTLS() error {
	s := a.Settings.TLS
	if !s.Auto() {
		return nil
	}
	var roots *x509.CertPool
	if s.ACME.TrustedCA != "" {
		pem, err := os.ReadFile(s.ACME.TrustedCA)
		if err != nil {
			return fmt.Errorf("tls.acme.trusted_ca: %w", err)
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(pem) {
			return errors.New("tls.acme.trusted_ca: there is no certificate in the file")
		}
	}
	var err error
	a.certificates, err = certificates.New(certificates.Needs{
		Files: certificates.NewFiles(a.Store, a.keyring), Registry: a.Registry, Single: !a.Settings.MultiTenancy.Enabled,
		Directory: s.ACME.Directory, Email: s.ACME.Email, KeyID: s.ACME.EAB.KeyID, MACKey: s.ACME.EAB.MACKey.Reveal(), Roots: roots,
		Public: a.Settings.Server.Public.Address, HTTP: s.HTTPAddress, Check: a.options.CertificateCheck, Log: a.Log,
	})
	if err != nil {
		return err
	}
	a.closers = append(a.closers, a.certificates)
	return nil
}
