package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// What the tables hold of an account: bytes of ids and addresses, characters of names, bytes of claims that are kept.
const (
	maxID     = 255
	maxName   = 255
	maxClaims = 64 << 10
)

// normal is the account in the form that is looked up and stored. What identifies it is refused where it cannot be kept exactly; what only
// describes the person is left out.
func (a Account) normal() (Account, *Error) {
	c := &a.Claims
	if !identifies(c.Subject) || !identifies(a.Provider) {
		return a, Refuse(InvalidRequest, "the account has no usable id", errors.New("subject or issuer is empty, too long, or cannot be stored"))
	}
	if config.IsOAuth(a.Provider) != (a.SAMLDomain == "") {
		return a, Refuse(InvalidRequest, "the identity provider has no usable id", fmt.Errorf("the id is one of the other protocol's: %q", a.Provider))
	}
	address, ok := lower(strings.TrimSpace(c.Email))
	if !ok {
		return a, Refuse(InvalidRequest, "the account has no usable e-mail address", errors.New("the address is too long or cannot be stored"))
	}
	c.Email, c.EmailVerified = address, c.EmailVerified && address != ""
	for _, name := range []*string{&c.Name, &c.GivenName, &c.FamilyName} {
		if *name = strings.TrimSpace(*name); utf8.RuneCountInString(*name) > maxName || !storable(*name) {
			*name = ""
		}
	}
	return a, nil
}

// identifies reports whether a text can be an id that every database keeps, and compares, exactly: MySQL does not see a space at the end.
func identifies(id string) bool {
	return id != "" && len(id) <= maxID && storable(id) && id == strings.TrimSpace(id)
}

func storable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// lower is an address as it is stored. A letter that becomes an ASCII one only by that (the Kelvin sign, a dotted I) would make an address of
// somebody else's out of it.
func lower(address string) (string, bool) {
	if len(address) > maxID || !storable(address) {
		return "", false
	}
	for _, r := range address {
		if r >= utf8.RuneSelf && unicode.ToLower(r) < utf8.RuneSelf {
			return "", false
		}
	}
	address = strings.ToLower(address)
	return address, len(address) <= maxID
}

// text is the claims as they are stored. Claims without a meaning of ours are left out where there are too many.
func (c Claims) text() string {
	b, err := json.Marshal(c)
	if err != nil || len(b) > maxClaims {
		c.Custom = nil
		b, err = json.Marshal(c)
	}
	if err != nil || len(b) > maxClaims { // a number that JSON has no form for
		b, _ = json.Marshal(Claims{Issuer: c.Issuer, Subject: c.Subject, Email: c.Email, EmailVerified: c.EmailVerified})
	}
	return string(b)
}

// details are what the claims change about a person. What is empty erases nothing. Spec: third-party §5.2.
func (c Claims) details(u *user.User) (d user.Details, changed bool) {
	for _, m := range []struct {
		to       **string
		old, new string
	}{
		{&d.Name, u.Name, c.Name}, {&d.GivenName, u.GivenName, c.GivenName}, {&d.FamilyName, u.FamilyName, c.FamilyName},
		{&d.Picture, u.Picture, picture(c.Picture)},
	} {
		if m.new != "" && m.new != m.old {
			*m.to, changed = &m.new, true
		}
	}
	return d, changed
}

// picture is the URL of a picture that may be shown, or empty.
func picture(text string) string {
	if text = strings.TrimSpace(text); user.IsPicture(text) {
		return text
	}
	return ""
}
