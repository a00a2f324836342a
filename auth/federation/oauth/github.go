package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/latchkeep/latchkeep/auth/federation"
)

// github reads the user and the list of her addresses: the one on the public profile is not verified to be hers.
type github struct{ metadataOf }

func (h github) claims(ctx context.Context, g *grant) (federation.Claims, error) {
	c := federation.Claims{Issuer: "https://github.com"}
	user, err := g.userInfo(ctx)
	if err != nil {
		return c, err
	}
	id, ok := user["id"].(json.Number)
	if n, err := id.Int64(); !ok || err != nil || n <= 0 {
		return c, errNoSubject
	}
	c.Subject = id.String()
	if err := user.texts(map[string]*string{"name": &c.Name, "avatar_url": &c.Picture, "login": &c.PreferredUsername}); err != nil {
		return c, err
	}
	c.Email, c.EmailVerified, err = h.address(ctx, g)
	return c, err
}

// address is the primary one, if any is.
func (github) address(ctx context.Context, g *grant) (email string, verified bool, err error) {
	a, err := g.room.get(ctx, g.Emails, g.accessToken)
	if err != nil {
		return "", false, err
	}
	if a.status < 200 || a.status > 299 {
		return "", false, fmt.Errorf("it answered %d when asked for addresses", a.status)
	}
	var list []struct {
		Email             string
		Primary, Verified bool
	}
	if err := readJSON(a.body, &list); err != nil {
		return "", false, err
	}
	some := false
	for _, entry := range list {
		some = some || entry.Email != ""
		if entry.Primary && email == "" {
			email, verified = clean(entry.Email), entry.Verified
		}
	}
	if !some {
		return "", false, errors.New("the list of addresses is empty")
	}
	return email, verified && email != "", nil
}
