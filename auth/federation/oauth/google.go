package oauth

import (
	"context"

	"github.com/latchkeep/latchkeep/auth/federation"
)

const googleIssuer = "https://accounts.google.com"

// google reads the user-info endpoint. It is asked without openid, so there is no id_token.
type google struct{ metadataOf }

func (o google) claims(ctx context.Context, g *grant) (federation.Claims, error) {
	c, _, err := g.standardClaims(ctx, googleIssuer)
	if err != nil {
		return c, err
	}
	return c, complete(c)
}
