package oauth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"github.com/latchkeep/latchkeep/auth/federation"
)

const facebookFields = "id,name,email,picture,first_name,middle_name,last_name"

// facebook reads the person of the access token. The call proves that we have the app's secret, so that a token that leaks is of no use to others.
// Facebook gives confirmed addresses only.
type facebook struct{ metadataOf }

func (f facebook) claims(ctx context.Context, g *grant) (federation.Claims, error) {
	c := federation.Claims{Issuer: "https://www.facebook.com", EmailVerified: true}
	secret, err := g.secret(g.room.needs.Now())
	if err != nil {
		return c, err
	}
	proof := hmac.New(sha256.New, []byte(secret))
	proof.Write([]byte(g.accessToken))
	query := url.Values{"fields": {facebookFields}, "appsecret_proof": {hex.EncodeToString(proof.Sum(nil))}}
	me, err := g.room.getObject(ctx, g.UserInfo+"?"+query.Encode(), g.accessToken)
	if err != nil {
		return c, err
	}
	err = me.texts(map[string]*string{
		"id": &c.Subject, "email": &c.Email, "name": &c.Name, "first_name": &c.GivenName, "middle_name": &c.MiddleName, "last_name": &c.FamilyName,
	})
	if err != nil {
		return c, err
	}
	if c.Picture, err = me.object("picture").object("data").text("url"); err != nil {
		return c, err
	}
	return c, complete(c)
}
