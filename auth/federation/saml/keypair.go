package saml

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

// SealKey seals the private key of a tenant's certificate, as PEM, for the row of the certificate.
func SealKey(keyring *secret.Keyring, tenant, certificate uuid.UUID, pem []byte) []byte {
	return keyring.Seal(pem, SealedFor(tenant, certificate))
}

// OpenKey is the opposite of SealKey. Errors: secret.ErrUndecryptable.
func OpenKey(keyring *secret.Keyring, tenant, certificate uuid.UUID, sealed []byte) ([]byte, error) {
	pem, err := keyring.Open(sealed, SealedFor(tenant, certificate))
	if err != nil {
		return nil, fmt.Errorf("open the key of SAML certificate %s: %w", certificate, err)
	}
	return pem, nil
}

// SealedFor is what the sealed key of a certificate is bound to.
func SealedFor(tenant, certificate uuid.UUID) []byte {
	return fmt.Appendf(nil, "saml-certificate|%s|%s", tenant, certificate)
}
