package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"
)

// ProbeHost is the server name with which the machine itself asks whether the public server is ready. There is always a certificate for it, which
// nobody need trust and no authority is asked for: a probe that named a host of tenants would order one each time, wherever it cannot be had. Nobody
// can have a name below .invalid (RFC 6761).
const ProbeHost = "ready.latchkeep.invalid"

// probeCertificate makes the certificate of ProbeHost, which lasts as long as the process.
func probeCertificate() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for probes: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{ProbeHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for probes: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
