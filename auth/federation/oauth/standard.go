package oauth

import (
	"context"

	"github.com/latchkeep/latchkeep/auth/federation"
)

// standardClaims reads the user-info endpoint of a provider that names its claims as OpenID Connect does (Core §5.1), and gives what else it
// tells along with them. Custom providers are read with more patience: see decodeClaims.
func (g *grant) standardClaims(ctx context.Context, issuer string) (federation.Claims, object, error) {
	c := federation.Claims{Issuer: issuer}
	user, err := g.userInfo(ctx)
	if err != nil {
		return c, nil, err
	}
	err = user.texts(map[string]*string{
		"sub": &c.Subject, "email": &c.Email, "name": &c.Name, "given_name": &c.GivenName, "family_name": &c.FamilyName, "picture": &c.Picture,
	})
	if err == nil {
		c.EmailVerified, err = user.flag("email_verified")
	}
	return c, user, err
}
