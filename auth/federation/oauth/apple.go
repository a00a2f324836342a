package oauth

import (
	"context"
	"errors"

	"github.com/latchkeep/latchkeep/auth/federation"
)

const appleIssuer = "https://appleid.apple.com"

// apple reads the id_token. Apple posts its answer, and wants spaces as %20. The name that it posts at the first consent is not taken: it comes
// from the browser, unsigned.
type apple struct{ metadataOf }

func (a apple) claims(ctx context.Context, g *grant) (federation.Claims, error) {
	token, err := g.identity(ctx, expectation{issuer: appleIssuer, needNonce: true})
	if err != nil {
		return federation.Claims{}, err
	}
	email, ok := token["email"].(string)
	if !ok {
		return federation.Claims{}, errors.New("email is not a text")
	}
	verified, err := token.flag("email_verified")
	if err != nil {
		verified = false
	}
	subject, err := token.text("sub")
	return federation.Claims{Issuer: appleIssuer, Subject: subject, Email: clean(email), EmailVerified: verified}, err
}
