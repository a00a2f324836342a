package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/idna"
)

// A DKIM signs messages, so that who receives them can tell that the owner of the domain vouches for them (RFC 6376).
type DKIM struct {
	domain, selector string
	key              crypto.Signer
}

// MaxDKIMKey is the longest PEM of a key, in bytes.
const MaxDKIMKey = 16 << 10

// The errors of NewDKIM.
var (
	ErrDKIMDomain   = errors.New("must be a domain such as shop.example")
	ErrDKIMSelector = errors.New("must be made of letters, digits, hyphens and dots, such as mail2026")
	ErrDKIMKey      = errors.New("must be a private key in PEM: RSA of 2048 to 4096 bits, or Ed25519")
)

// Names in the DNS are of labels (RFC 1123 §2.1, in ASCII).
const label = `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`

var (
	domainForm   = regexp.MustCompile(`^` + label + `(?:\.` + label + `)+$`)
	selectorForm = regexp.MustCompile(`^` + label + `(?:\.` + label + `){0,3}$`)
)

// NewDKIM makes a signer for a domain, whose public key is in the DNS under selector._domainkey.domain. The key is PEM (PKCS #8, or PKCS #1 for
// RSA). Errors: ErrDKIMDomain, ErrDKIMSelector, ErrDKIMKey.
func NewDKIM(domain, selector, key string) (*DKIM, error) {
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(ascii) > 253 || !domainForm.MatchString(ascii) {
		return nil, ErrDKIMDomain
	}
	if !selectorForm.MatchString(selector) {
		return nil, ErrDKIMSelector
	}
	signer, err := parseDKIMKey(key)
	if err != nil {
		return nil, ErrDKIMKey // without the reason: it could quote the key
	}
	return &DKIM{domain: ascii, selector: selector, key: signer}, nil
}

func parseDKIMKey(text string) (crypto.Signer, error) {
	if len(text) > MaxDKIMKey {
		return nil, ErrDKIMKey
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, ErrDKIMKey
	}
	var key any
	var err error
	if block.Type == "RSA PRIVATE KEY" {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, err
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits >= 2048 && bits <= 4096 {
			return key, nil
		}
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, ErrDKIMKey
}

// Covers reports whether a signature of the domain speaks for a sender: the address is of the domain or of one below it, as DMARC asks
// (RFC 7489 §3.1.1, relaxed).
func (d *DKIM) Covers(address string) bool {
	host, err := idna.Lookup.ToASCII(domain(address))
	return err == nil && (host == d.domain || strings.HasSuffix(host, "."+d.domain))
}

// Record is the TXT record that must be in the DNS: its name and its text (RFC 6376 §3.6.1).
func (d *DKIM) Record() (name, text string) {
	kind, public := "rsa", []byte(nil)
	switch key := d.key.Public().(type) {
	case *rsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			panic("mail: an RSA key has a form in DER: " + err.Error())
		}
		public = der
	case ed25519.PublicKey:
		kind, public = "ed25519", key
	}
	return d.selector + "._domainkey." + d.domain, "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public)
}

// signed are the headers that a signature covers. From is named once more than there are, so that nobody can add another.
var signed = []string{"From", "From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Auto-Submitted"}

// sign writes a message with its signature before it.
func (d *DKIM) sign(w io.Writer, message []byte) error {
	err := dkim.Sign(w, bytes.NewReader(message), &dkim.SignOptions{
		Domain: d.domain, Selector: d.selector, Signer: d.key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: signed,
	})
	if err != nil {
		return fmt.Errorf("sign mail for %s: %w", d.domain, err)
	}
	return nil
}
