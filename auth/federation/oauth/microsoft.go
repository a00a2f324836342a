package oauth

import (
	"context"
	"errors"
	"net/mail"
	"regexp"

	"github.com/latchkeep/latchkeep/auth/federation"
)

// Each directory is an issuer.
var microsoftIssuer = regexp.MustCompile(`^https://login\.microsoftonline\.com/([^/?#]+)/v2\.0/?$`)

// microsoft reads the id_token.
type microsoft struct{ metadataOf }

func (m microsoft) claims(ctx context.Context, g *grant) (federation.Claims, error) {
	var c federation.Claims
	token, err := g.identity(ctx, expectation{issuers: microsoftIssuer.MatchString, needNonce: true})
	if err != nil {
		return c, err
	}
	var directory string
	err = token.texts(map[string]*string{
		"iss": &c.Issuer, "sub": &c.Subject, "tid": &directory, "name": &c.Name, "preferred_username": &c.PreferredUsername,
		"given_name": &c.GivenName, "family_name": &c.FamilyName,
	})
	if err != nil {
		return c, err
	}
	if c.Subject == "" {
		return c, errNoSubject
	}
	if match := microsoftIssuer.FindStringSubmatch(c.Issuer); directory != "" && (match == nil || match[1] != directory) {
		return c, errors.New("the issuer is another directory than tid")
	}
	c.Email, c.EmailVerified, err = microsoftAddress(token)
	return c, err
}

// microsoftAddress is upn, which is of a domain that the directory has proved to be its own, else email with what is said of its domain.
func microsoftAddress(token object) (email string, verified bool, err error) {
	upn, err := token.text("upn")
	if err != nil {
		return "", false, err
	}
	if upn != "" {
		email, err = address(upn)
		return email, true, err
	}
	text, err := token.text("email")
	if err != nil {
		return "", false, err
	}
	if email, err = address(text); err != nil {
		return "", false, err
	}
	switch proved := token["xms_edov"].(type) {
	case nil:
		_, there := token["xms_edov"]
		return email, !there, nil
	case bool:
		return email, proved, nil
	case string:
		return email, proved == "1" || proved == "true", nil
	}
	return email, false, nil
}

// address is the mail address in a text.
func address(text string) (string, error) {
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return "", errors.New("its address is none")
	}
	return parsed.Address, nil
}
