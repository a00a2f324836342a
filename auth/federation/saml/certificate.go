package saml

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	certificateBits = 2048
	// CertificateTTL is how long a certificate is valid. Spec: saml §3.
	CertificateTTL = 365 * 24 * time.Hour
	// renewBefore is how long before its end a certificate's successor is made.
	renewBefore = 30 * 24 * time.Hour
	// Overlap is how long a new certificate is in the metadata before it signs, and an old one after it did: as long as the metadata says that
	// it may be kept.
	Overlap = metadataTTL
	// maxCommonName is the longest common name of X.520 (ub-common-name).
	maxCommonName = 64
)

// A Certificate is a key pair of a tenant as a service provider, as its operators see it.
type Certificate struct {
	ID          uuid.UUID
	State       tenants.KeyState
	Fingerprint string // SHA-256 of the certificate in hex
	PEM         string
	CreatedAt   time.Time
	ExpiresAt   time.Time
	ActivatedAt *time.Time // of a published one: when it will sign
	RetiredAt   *time.Time
}

// newPair makes a key and a self-signed certificate for it. It takes a while: never call it inside a unit of work. Spec: saml §3.
func newPair(name string, serial int64, now time.Time) (certificate, key []byte, err error) {
	private, err := rsa.GenerateKey(rand.Reader, certificateBits)
	if err != nil {
		return nil, nil, fmt.Errorf("make a SAML key: %w", err)
	}
	if runes := []rune(name); len(runes) > maxCommonName {
		name = string(runes[:maxCommonName])
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Minute), NotAfter: now.Add(CertificateTTL),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, fmt.Errorf("make a SAML certificate: %w", err)
	}
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	key = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
	return certificate, key, nil
}

// A pair is a key pair that was opened.
type pair struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

// open opens the key pair of a row.
func (r *Room) open(row *ent.SAMLCertificate) (pair, error) {
	key, err := OpenKey(r.n.Keyring, row.TenantID, row.ID, row.PrivateKey)
	if err != nil {
		return pair{}, err
	}
	both, err := tls.X509KeyPair([]byte(row.Certificate), key)
	if err != nil {
		return pair{}, fmt.Errorf("read SAML certificate %s: %w", row.ID, err)
	}
	private, ok := both.PrivateKey.(*rsa.PrivateKey)
	if !ok {
		return pair{}, fmt.Errorf("read SAML certificate %s: its key is no RSA key", row.ID)
	}
	return pair{both.Leaf, private}, nil
}

// parseCertificate reads the first certificate of a PEM text.
func parseCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("it is no certificate in PEM form")
	}
	return x509.ParseCertificate(block.Bytes)
}
