package bundle

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// sealVersion is how private signing keys are sealed.
const sealVersion = 1

// errNoUse is of a row that is of no use any more, and is left out.
var errNoUse = errors.New("the row is of no use")

// openRow opens what the database keeps sealed in a row. Errors: secret.ErrUndecryptable; errNoUse.
func (r *Room) openRow(m *tenants.Moving, c cells) (err error) {
	keys := r.n.Keyring
	id, _ := c.get("id").(uuid.UUID)
	owner := uuid.Nil
	if c.table.At("user_id") >= 0 {
		owner, _ = c.get("user_id").(uuid.UUID)
	}
	switch c.table.Name {
	case "signing_keys":
		return reseal(c, "private_key", func(sealed []byte) ([]byte, error) {
			return tenants.OpenSigningKey(keys, m.ID, c.text("kid"), int(c.int("seal_version")), sealed)
		})
	case "saml_certificates":
		return reseal(c, "private_key", func(sealed []byte) ([]byte, error) { return saml.OpenKey(keys, m.ID, id, sealed) })
	case "webhook_endpoints":
		return reseal(c, "secrets", func(sealed []byte) ([]byte, error) { return webhook.OpenSecrets(keys, m.ID, id, sealed) })
	case "totp_secrets":
		return reseal(c, "secret", func(sealed []byte) ([]byte, error) {
			plain, err := r.apps.Open(m.ID, owner, sealed)
			return []byte(plain), err
		})
	case "recovery_codes":
		err := reseal(c, "hash", func(sealed []byte) ([]byte, error) { return keys.Open(sealed, recoverycode.SealedFor(m.ID, owner)) })
		if errors.Is(err, secret.ErrUndecryptable) {
			return errNoUse // its secret is gone, and so is the code
		}
		return err
	case "tenant_config_versions":
		return openVersion(r.n.Tenants, m, c)
	}
	return nil
}

func openVersion(p *tenants.Provisioner, m *tenants.Moving, c cells) error {
	plain, err := p.OpenVersion(m, rawOf(c, "config"))
	c.set("config", plain)
	return err
}

// sealRow seals what openRow opened, for the deployment that the row arrives in.
func (r *Room) sealRow(a *tenants.Arrival, c cells) error {
	keys := r.n.Keyring
	id, _ := c.get("id").(uuid.UUID)
	owner := uuid.Nil
	if c.table.At("user_id") >= 0 {
		owner, _ = c.get("user_id").(uuid.UUID)
	}
	switch c.table.Name {
	case "signing_keys":
		return sealSigningKey(keys, a.ID, c)
	case "saml_certificates":
		return reseal(c, "private_key", func(pem []byte) ([]byte, error) {
			if _, err := tls.X509KeyPair([]byte(c.text("certificate")), pem); err != nil {
				return nil, errors.New("must be the PEM of the key of the certificate")
			}
			return saml.SealKey(keys, a.ID, id, pem), nil
		})
	case "webhook_endpoints":
		return reseal(c, "secrets", func(plain []byte) ([]byte, error) {
			sealed, err := webhook.SealSecrets(keys, a.ID, id, plain)
			if err != nil {
				return nil, errors.New("must be signing secrets")
			}
			return sealed, nil
		})
	case "totp_secrets":
		return reseal(c, "secret", func(plain []byte) ([]byte, error) {
			sealed, err := r.apps.Seal(a.ID, owner, string(plain))
			if err != nil {
				return nil, errors.New("must be base32")
			}
			return sealed, nil
		})
	case "recovery_codes":
		return reseal(c, "hash", func(plain []byte) ([]byte, error) {
			if len(plain) != sha256.Size {
				return nil, fmt.Errorf("must have %d bytes", sha256.Size)
			}
			return keys.Seal(plain, recoverycode.SealedFor(a.ID, owner)), nil
		})
	case "tenant_config_versions":
		stored, err := a.SealVersion(rawOf(c, "config"))
		if err != nil {
			return errors.New("config cannot be read")
		}
		c.set("config", stored)
	}
	return nil
}

// sealSigningKey takes a key only with the public part that belongs to its private one. A key that signs no more may have none.
func sealSigningKey(keys *secret.Keyring, tenant uuid.UUID, c cells) error {
	state := tenants.KeyState(c.text("state"))
	parse, text := jose.ParsePrivate, c.bytes("private_key")
	if len(text) == 0 && (state == tenants.KeyGone || state == tenants.KeyRetiring) {
		parse, text = jose.ParsePublic, rawOf(c, "public_jwk")
	}
	key, err := parse(text)
	if err != nil || key.ID() != c.text("kid") || string(key.Alg()) != c.text("alg") {
		return errors.New("private_key must be the private JWK of the key that the row is about")
	}
	c.set("public_jwk", key.PublicJWK())
	c.set("seal_version", int64(sealVersion))
	return reseal(c, "private_key", func(jwk []byte) ([]byte, error) {
		return tenants.SealSigningKey(keys, tenant, key.ID(), sealVersion, jwk), nil
	})
}

// reseal replaces a cell of bytes, unless there is nothing in it. Errors name the column.
func reseal(c cells, column string, f func([]byte) ([]byte, error)) error {
	text := c.bytes(column)
	if len(text) == 0 {
		return nil
	}
	changed, err := f(text)
	if err != nil {
		return fmt.Errorf("%s %w", column, err)
	}
	c.set(column, changed)
	return nil
}
