package saml

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/crewjam/saml"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/tenants/config"
)

const (
	usualClaims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	auth0Claims = "http://schemas.auth0.com/"
	// maxClaims is how much of a person is kept, in bytes of JSON.
	maxClaims = 64 << 10
	// maxSubject is the longest NameID, in characters: identities are found by it.
	maxSubject = 255
)

// mapOf are the names of attributes at a provider: those it was given, and for what is blank the usual ones. Spec: saml §2.1.
func mapOf(row *ent.SAMLProvider) (config.AttributeMap, error) {
	var m config.AttributeMap
	if len(row.AttributeMap) > 0 {
		if err := json.Unmarshal(row.AttributeMap, &m); err != nil {
			return m, fmt.Errorf("read the attribute map of SAML provider %s: %w", row.ID, err)
		}
	}
	usual := func(name *string, otherwise string) {
		if strings.TrimSpace(*name) == "" {
			*name = otherwise
		}
	}
	usual(&m.Name, usualClaims+"name")
	usual(&m.GivenName, usualClaims+"givenname")
	usual(&m.FamilyName, usualClaims+"surname")
	usual(&m.Email, usualClaims+"emailaddress")
	if strings.Contains(strings.ToLower(row.Name), "auth0") {
		usual(&m.EmailVerified, auth0Claims+"email_verified")
		usual(&m.Nickname, auth0Claims+"nickname")
		usual(&m.Picture, auth0Claims+"picture")
		usual(&m.UpdatedAt, auth0Claims+"updated_at")
	}
	return m, nil
}

// names are all names of attributes that the map has.
func names(m config.AttributeMap) map[string]bool {
	all := map[string]bool{}
	v := reflect.ValueOf(m)
	for i := range v.NumField() {
		if name := v.Field(i).String(); name != "" {
			all[name] = true
		}
	}
	return all
}

// claims are what a verified assertion says of the person. Spec: saml §6.4.
func claims(a *saml.Assertion, row *ent.SAMLProvider, audience string) (federation.Claims, error) {
	m, err := mapOf(row)
	if err != nil {
		return federation.Claims{}, err
	}
	given := attributes(a)
	get := func(name string) string { return given[name] }
	c := federation.Claims{
		Issuer: a.Issuer.Value, Subject: a.Subject.NameID.Value, Audience: audience,
		IssuedAt: float64(a.AuthnStatements[0].AuthnInstant.Unix()), ExpiresAt: float64(a.Conditions.NotOnOrAfter.Unix()),
		Name: get(m.Name), FamilyName: get(m.FamilyName), GivenName: get(m.GivenName), MiddleName: get(m.MiddleName), Nickname: get(m.Nickname),
		PreferredUsername: get(m.PreferredUsername), Profile: get(m.Profile), Picture: get(m.Picture), Website: get(m.Website),
		Gender: get(m.Gender), Birthdate: get(m.Birthdate), ZoneInfo: get(m.ZoneInfo), Locale: get(m.Locale), UpdatedAt: get(m.UpdatedAt),
		Email: strings.ToLower(get(m.Email)), EmailVerified: get(m.EmailVerified) == "true" || row.SkipEmailVerification,
		Phone: get(m.Phone), PhoneVerified: get(m.PhoneVerified) != "",
	}
	mapped := names(m)
	for name, value := range given {
		if mapped[name] {
			continue
		}
		if c.Custom == nil {
			c.Custom = map[string]any{}
		}
		c.Custom[name] = value
	}
	return c, checkClaims(c, row.Domain)
}

// checkClaims sees that the claims can be kept, and that the provider speaks of its own people only.
func checkClaims(c federation.Claims, domain string) error {
	text, err := json.Marshal(c)
	switch {
	case err != nil:
		return fmt.Errorf("the claims cannot be kept: %w", err)
	case len(text) > maxClaims:
		return errors.New("it says too much of the person")
	case utf8.RuneCountInString(c.Subject) > maxSubject:
		return fmt.Errorf("its NameID has more than %d characters", maxSubject)
	case c.Email == "":
		return errors.New("it has no e-mail address")
	case !strings.Contains(c.Email, "@") || domainOf(c.Email) != domain:
		return errors.New("its e-mail address is not one of the provider's domain")
	}
	return nil
}

// attributes are the first value of each attribute. Of two with one name the first counts.
func attributes(a *saml.Assertion) map[string]string {
	all := map[string]string{}
	for _, statement := range a.AttributeStatements {
		for _, attribute := range statement.Attributes {
			if _, there := all[attribute.Name]; there || attribute.Name == "" || len(attribute.Values) == 0 {
				continue
			}
			value := attribute.Values[0]
			text := value.Value
			if value.NameID != nil {
				text = value.NameID.Value
			}
			all[attribute.Name] = strings.TrimSpace(text)
		}
	}
	return all
}
