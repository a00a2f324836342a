package oauth

import (
	"context"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Request is what the browser takes to the provider.
type Request struct {
	// State is the sealed state.
	State string
	// CodeChallenge is base64url of the SHA-256 of the client's verifier (RFC 7636 §4.2); empty: no PKCE.
	CodeChallenge string
	// Nonce comes back in the id_token of providers that are read from it (Apple, Microsoft), which need one; others get none.
	Nonce string
}

// An Answer is what the browser brought back, and what is remembered of the request.
type Answer struct {
	// Code is the query parameter code.
	Code string
	// Issuer is the query parameter iss, empty where there is none: who says that it answers (RFC 9207).
	Issuer string
	// CodeVerifier is the client's, empty where the request had no challenge.
	CodeVerifier string
	// Nonce is that of the request.
	Nonce string
}

// A Provider is one that a tenant lets its people sign in with. It is safe for concurrent use. What it returns as an error is a
// *federation.Error, whose cause holds neither secrets nor tokens.
type Provider interface {
	// AuthorizationURL is where to send the browser. It may have to ask the provider where that is.
	AuthorizationURL(ctx context.Context, r Request) (string, error)
	// From checks that an answer is the provider's, by the query parameter iss, empty where there was none (RFC 9207 §2.4): for answers that bring
	// no code. Account checks it by itself.
	From(ctx context.Context, issuer string) error
	// Account redeems the code and tells who signed in.
	Account(ctx context.Context, a Answer) (federation.Account, error)
}

// Listed is a provider as people choose it.
type Listed struct{ ID, Name string }

// NameOf is what people call the provider with an id, and whether the tenant lets them sign in with it.
func NameOf(t *tenants.Tenant, id string) (string, bool) { return t.Config.ThirdParty.Name(id) }
