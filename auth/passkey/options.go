package passkey

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// How long a ceremony takes, where the tenant's setting does not say. Spec: config §5.16.
const (
	timeoutDefault     = 300_000 * time.Millisecond
	timeoutDiscouraged = 120_000 * time.Millisecond // always, where user verification is discouraged
)

// challengeSize is in bytes. Web Authentication §13.4.3 wants 16 at least.
const challengeSize = 32

// algorithms are the COSE algorithms that are offered, best first. Spec: flow-login-registration §9.1.
func algorithms() []int64 { return []int64{-7, -35, -36, -257, -258, -259, -37, -38, -39, -8} }

// creationOptions is PublicKeyCredentialCreationOptionsJSON (Web Authentication §5.1.8) as the clients know it. Spec:
// flow-login-registration §9.1.
type creationOptions struct {
	PublicKey struct {
		RP                 relyingParty `json:"rp"`
		User               entity       `json:"user"`
		Challenge          string       `json:"challenge"`
		Parameters         []parameter  `json:"pubKeyCredParams"`
		Timeout            int64        `json:"timeout"` // milliseconds
		ExcludeCredentials []descriptor `json:"excludeCredentials,omitempty"`
		Selection          selection    `json:"authenticatorSelection"`
		Attestation        string       `json:"attestation"`
	} `json:"publicKey"`
}

// requestOptions is PublicKeyCredentialRequestOptionsJSON (Web Authentication §5.1.8). Spec: flow-login-registration §9.2.
type requestOptions struct {
	PublicKey struct {
		Challenge        string       `json:"challenge"`
		Timeout          int64        `json:"timeout"` // milliseconds
		RPID             string       `json:"rpId"`
		AllowCredentials []descriptor `json:"allowCredentials,omitempty"`
		UserVerification string       `json:"userVerification"`
	} `json:"publicKey"`
}

type relyingParty struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type entity struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

type parameter struct {
	Type      string `json:"type"`
	Algorithm int64  `json:"alg"`
}

type descriptor struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Transports []string `json:"transports,omitempty"`
}

type selection struct {
	Attachment         string `json:"authenticatorAttachment,omitempty"`
	RequireResidentKey bool   `json:"requireResidentKey"`
	ResidentKey        string `json:"residentKey"`
	UserVerification   string `json:"userVerification"`
}

// publicKey is the only type of credentials (Web Authentication §5.8.2).
const publicKey = string(protocol.PublicKeyCredentialType)

// start is a new ceremony.
func start(k Kind, creation bool, userID uuid.UUID, verification string, timeout time.Duration, now time.Time) Ceremony {
	challenge := make([]byte, challengeSize)
	_, _ = rand.Read(challenge) // never fails
	return Ceremony{
		Challenge: encode(challenge), Kind: k, Creation: creation, UserID: userID, Verification: verification, Expires: now.Add(timeout),
	}
}

// timeout is what a setting in milliseconds means.
func timeout(milliseconds int, verification string) time.Duration {
	switch {
	case verification == string(protocol.VerificationDiscouraged):
		return timeoutDiscouraged
	case milliseconds == 0:
		return timeoutDefault
	}
	return time.Duration(milliseconds) * time.Millisecond
}

// verification is the user verification that a tenant asks for with credentials of a kind.
func verification(t *tenants.Tenant, k Kind) string {
	if k == SecurityKey {
		return t.Config.MFA.SecurityKeys.UserVerification
	}
	return t.Config.Passkey.UserVerification
}

// selectionOf says which authenticators may make a credential of a kind, and with what attestation.
func selectionOf(t *tenants.Tenant, k Kind) (selection, string) {
	if k == SecurityKey {
		keys := t.Config.MFA.SecurityKeys
		s := selection{ResidentKey: "discouraged", UserVerification: keys.UserVerification}
		if a := keys.AuthenticatorAttachment; a == string(protocol.Platform) || a == string(protocol.CrossPlatform) {
			s.Attachment = a
		}
		return s, keys.AttestationPreference
	}
	passkeys := t.Config.Passkey
	return selection{RequireResidentKey: true, ResidentKey: "required", UserVerification: passkeys.UserVerification},
		passkeys.AttestationPreference
}

func parameters() []parameter {
	var all []parameter
	for _, algorithm := range algorithms() {
		all = append(all, parameter{publicKey, algorithm})
	}
	return all
}

func descriptors(credentials []user.Credential) []descriptor {
	var all []descriptor
	for _, c := range credentials {
		all = append(all, descriptor{publicKey, c.ID, c.Transports})
	}
	return all
}

func encodeOptions(o any) (Options, error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode options: %w", err)
	}
	return raw, nil
}
