package oauth

import (
	"context"
	"strings"

	"github.com/latchkeep/latchkeep/auth/federation"
)

const linkedInIssuer = "https://www.linkedin.com/oauth"

// linkedin is found by discovery and read from its user-info endpoint. It takes a challenge, but no verifier.
type linkedin struct {
	room     *Room
	document string
}

func (l linkedin) metadata(ctx context.Context) (metadata, error) {
	return l.room.discover(ctx, linkedInIssuer, l.document)
}

func (l linkedin) claims(ctx context.Context, g *grant) (federation.Claims, error) {
	c, user, err := g.standardClaims(ctx, linkedInIssuer)
	if err != nil {
		return c, err
	}
	if c.Locale, err = locale(user); err != nil {
		return c, err
	}
	return c, complete(c)
}

// locale is {country}-{language} of an object; LinkedIn also writes it as a text.
func locale(user object) (string, error) {
	parts := user.object("locale")
	if parts == nil {
		return user.text("locale")
	}
	var country, language string
	err := parts.texts(map[string]*string{"country": &country, "language": &language})
	return strings.Trim(country+"-"+language, "-"), err
}
