package oauth

import (
	"context"
	"errors"
	"net/url"

	"github.com/latchkeep/latchkeep/auth/federation"
)

// discord reads the user of the access token.
type discord struct{ metadataOf }

func (d discord) claims(ctx context.Context, g *grant) (federation.Claims, error) {
	c := federation.Claims{Issuer: "https://discord.com/api"}
	user, err := g.userInfo(ctx)
	if err != nil {
		return c, err
	}
	var avatar string
	if err := user.texts(map[string]*string{"id": &c.Subject, "email": &c.Email, "global_name": &c.Name, "avatar": &avatar}); err != nil {
		return c, err
	}
	if c.EmailVerified, err = user.flag("verified"); err != nil {
		return c, err
	}
	if avatar != "" {
		c.Picture = "https://cdn.discordapp.com/avatars/" + url.PathEscape(c.Subject) + "/" + url.PathEscape(avatar) + ".png"
	}
	return c, complete(c)
}

var (
	errNoEmail   = errors.New("it gave no address")
	errNoSubject = errors.New("it gave no id")
)

// complete says what a built-in provider must tell and did not.
func complete(c federation.Claims) error {
	switch {
	case c.Subject == "":
		return errNoSubject
	case c.Email == "":
		return errNoEmail
	}
	return nil
}
