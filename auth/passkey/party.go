package passkey

import (
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/latchkeep/latchkeep/tenants"
)

type partyKey struct{}

// party is the tenant's relying party, compiled once for each snapshot.
//
// Origins of apps are listed with those of the web: the library compares what is no URL byte by byte. Outputs of extensions that were not
// asked for are ignored, since some authenticators volunteer them. There is no metadata service: the attestation statement must be sound,
// but any authenticator is good.
func party(t *tenants.Tenant) (*webauthn.WebAuthn, error) {
	return tenants.Memo(t, partyKey{}, func() (*webauthn.WebAuthn, error) {
		rp := t.Config.WebAuthn.RelyingParty
		w, err := webauthn.New(&webauthn.Config{
			RPID:                              rp.ID,
			RPDisplayName:                     rp.DisplayName,
			RPOrigins:                         rp.Origins,
			ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
		})
		if err != nil {
			return nil, fmt.Errorf("set up the relying party: %w", err)
		}
		return w, nil
	})
}

// person is a user as the library wants one: a handle, and the one credential that answered.
type person struct {
	handle     []byte
	credential []webauthn.Credential
}

func (p person) WebAuthnID() []byte                         { return p.handle }
func (p person) WebAuthnName() string                       { return "" }
func (p person) WebAuthnDisplayName() string                { return "" }
func (p person) WebAuthnCredentials() []webauthn.Credential { return p.credential }

// answerable says why a ceremony cannot be answered at a time. Empty: it can.
func (c Ceremony) answerable(creation bool, now time.Time) string {
	switch {
	case c.IsZero():
		return "no ceremony was started"
	case c.Creation != creation:
		return "the ceremony is of another type"
	case !now.Before(c.Expires):
		return "the ceremony has expired"
	}
	return ""
}
