package federation

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

// StateTTL is how long a person may take at the provider.
const StateTTL = 5 * time.Minute

// ErrState says that a state is none of ours, of another tenant or purpose, or has expired.
var ErrState = errors.New("the state is not valid")

// A Purpose keeps the states of the protocols apart: one cannot be used for the other.
type Purpose string

// The purposes.
const (
	PurposeOAuth Purpose = "oauth"
	PurposeSAML  Purpose = "saml"
)

// A State travels with the browser to the provider and back, sealed. It binds the answer to the tenant, the provider, the page to return to,
// the flow that asked and, with the cookie or the verifier, the browser. Spec: third-party §6.1.
type State struct {
	// Provider is the id of an OAuth provider, or the domain of a SAML provider.
	Provider   string    `json:"provider"`
	RedirectTo string    `json:"redirect_to"`
	IssuedAt   time.Time `json:"issued_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	// Nonce is random: base64url of 32 bytes.
	Nonce string `json:"nonce"`
	// FlowID is the flow that asked and the only one that gets the result; the zero id where no flow did.
	FlowID uuid.UUID `json:"flow_id,omitzero"`
	// CodeVerifier is the client's (RFC 7636), empty where it gave none.
	CodeVerifier string `json:"code_verifier,omitempty"`
	// UserID is who wants to add the account to hers; the zero id in a sign-in.
	UserID uuid.UUID `json:"user_id,omitzero"`
	// Direct says that a link was followed and no flow asked: a tenant that has addresses verified then takes verified ones alone.
	Direct bool `json:"direct,omitempty"`
	// RequestID is the id of the SAML request.
	RequestID string `json:"request_id,omitempty"`
}

// NewState is a state that is issued now, with a nonce.
func NewState(provider, redirectTo string, flow uuid.UUID, now time.Time) State {
	var nonce [32]byte
	_, _ = rand.Read(nonce[:]) // it never fails
	return State{
		Provider: provider, RedirectTo: redirectTo, FlowID: flow,
		IssuedAt: now.UTC(), ExpiresAt: now.UTC().Add(StateTTL),
		Nonce: base64.RawURLEncoding.EncodeToString(nonce[:]),
	}
}

// Seal makes the text that travels.
func (s State) Seal(k *secret.Keyring, tenant uuid.UUID, p Purpose) (string, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encode a state: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(k.Seal(plain, stateContext(tenant, p))), nil
}

// OpenState is the opposite of Seal. Errors: ErrState.
func OpenState(k *secret.Keyring, tenant uuid.UUID, p Purpose, text string, now time.Time) (State, error) {
	var s State
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrState, err)
	}
	plain, err := k.Open(sealed, stateContext(tenant, p))
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrState, err)
	}
	if err := json.Unmarshal(plain, &s); err != nil {
		return s, fmt.Errorf("%w: %w", ErrState, err)
	}
	if !now.Before(s.ExpiresAt) {
		return s, fmt.Errorf("%w: it has expired", ErrState)
	}
	return s, nil
}

func stateContext(tenant uuid.UUID, p Purpose) []byte {
	return fmt.Appendf(nil, "federation-state|%s|%s", p, tenant)
}
