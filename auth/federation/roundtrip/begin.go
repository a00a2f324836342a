package roundtrip

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Start is what somebody asks for who wants to sign in through a provider.
type Start struct {
	// Provider is one of those listed, RedirectTo the page to return to.
	Provider, RedirectTo string
	// CodeVerifier is the client's (RFC 7636); without one the browser is recognised by a cookie.
	CodeVerifier string
	// Flow is the flow that asks.
	Flow uuid.UUID
	// User is who wants to add the account to hers; the zero id in a sign-in.
	User uuid.UUID
}

// A Departure is where the browser goes, and the cookie that it takes along.
type Departure struct {
	URL    string
	Cookie *http.Cookie
}

// Begin makes a state and asks the provider where to send the browser, which may take as long as the network does: no transaction may be
// open. Errors: ErrProvider, ErrRedirect, ErrUnreachable.
func (r *Room) Begin(ctx context.Context, t *tenants.Tenant, s Start, now time.Time) (*Departure, error) {
	provider, err := r.provider(t, s.Provider)
	if err != nil {
		return nil, err
	}
	allowed, err := allows(t, s.RedirectTo)
	switch {
	case err != nil:
		return nil, err
	case !allowed:
		return nil, ErrRedirect
	}
	state := federation.NewState(s.Provider, s.RedirectTo, s.Flow, now)
	state.CodeVerifier, state.UserID = s.CodeVerifier, s.User
	sealed, err := state.Seal(r.n.Keyring, t.ID, federation.PurposeOAuth)
	switch {
	case err != nil:
		return nil, err
	case len(sealed) > maxState:
		return nil, ErrRedirect
	}
	url, err := provider.AuthorizationURL(ctx, oauth.Request{State: sealed, CodeChallenge: challenge(s.CodeVerifier), Nonce: state.Nonce})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return &Departure{URL: url, Cookie: cookie(t, sealed)}, nil
}

// challenge is the one of a verifier by the method S256, or empty (RFC 7636 §4.2).
func challenge(verifier string) string {
	if verifier == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
