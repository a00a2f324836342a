package oauth

import (
	"context"

	"github.com/latchkeep/latchkeep/auth/federation"
)

const googleIssuer = "https://accounts.google.com"

// google reads the user-info endpoint. It is asked without openid, so there is no id_token.
type google struct{ metadataOf }

func (o google) claims(ctx context.Context, g *grant) (federation.Claims, error) {
	c := federation.Claims{Issuer: googleIssuer}
	user, err := g.userInfo(ctx)
	if err != nil {
		return c, err
	}
	err = user.texts(map[string]*string{
		"sub": &c.Subject, "email": &c.Email, "name": &c.Name, "given_name": &c.GivenName, "family_name": &c.FamilyName, "picture": &c.Picture,
	})
	if err != nil {
		return c, err
	}
	if c.EmailVerified, err = user.flag("email_verified"); err != nil {
		return c, err
	}
	return c, complete(c)
}
