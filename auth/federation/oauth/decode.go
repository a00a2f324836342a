package oauth

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/latchkeep/latchkeep/auth/federation"
)

// decodeClaims reads the claims that OpenID Connect names, whatever their case, and keeps the others as they are. Types are strict, but for what
// well-known providers write otherwise: a number as sub or updated_at, a boolean in a string, several audiences. Spec: third-party §5.
func decodeClaims(told object, clientID string) (federation.Claims, error) {
	c := federation.Claims{}
	texts := textClaims(&c)
	var failures []error
	// In order, and the exact spelling last: it wins over others.
	names := slices.SortedFunc(maps.Keys(told), func(a, b string) int {
		exactA, exactB := a == strings.ToLower(a), b == strings.ToLower(b)
		if exactA != exactB {
			if exactB {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		value := told[name]
		known := strings.ToLower(name)
		var err error
		switch known {
		case "sub":
			c.Subject, err = textOrNumber(known, value)
		case "updated_at":
			c.UpdatedAt, err = textOrNumber(known, value)
		case "aud":
			c.Audience, err = audienceOf(value, clientID)
		case "email_verified":
			c.EmailVerified, err = flagOf(known, value)
		case "phone_verified":
			c.PhoneVerified, err = flagOf(known, value)
		case "iat":
			c.IssuedAt, err = numberOf(known, value)
		case "exp":
			c.ExpiresAt, err = numberOf(known, value)
		case "address":
			c.Address, err = addressOf(value)
		default:
			if place, ok := texts[known]; ok {
				*place, err = textOf(known, value)
			} else {
				err = keep(&c, name, value)
			}
		}
		failures = append(failures, err)
	}
	return c, errors.Join(failures...)
}

func textClaims(c *federation.Claims) map[string]*string {
	return map[string]*string{
		"iss": &c.Issuer, "birthdate": &c.Birthdate, "email": &c.Email, "family_name": &c.FamilyName, "gender": &c.Gender,
		"given_name": &c.GivenName, "locale": &c.Locale, "middle_name": &c.MiddleName, "name": &c.Name, "nickname": &c.Nickname,
		"phone": &c.Phone, "picture": &c.Picture, "preferred_username": &c.PreferredUsername, "profile": &c.Profile,
		"website": &c.Website, "zoneinfo": &c.ZoneInfo,
	}
}

// keep puts what has no place of its own under custom_claims. A member that the provider itself calls so joins it.
func keep(c *federation.Claims, name string, value any) error {
	value, err := keepable(value, 0)
	if err != nil || value == nil {
		return err
	}
	if c.Custom == nil {
		c.Custom = map[string]any{}
	}
	if more, ok := value.(map[string]any); ok && name == "custom_claims" {
		maps.Copy(c.Custom, more)
		return nil
	}
	c.Custom[name] = value
	return nil
}

const maxDepth = 20

// keepable is a value in a form that everybody can read again: not too deep, numbers within the range of those of JavaScript.
func keepable(value any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errUnreadable
	}
	var err error
	switch value := value.(type) {
	case string:
		return clean(value), nil
	case json.Number:
		if !inRange(value) {
			return value.String(), nil
		}
	case []any:
		for i := range value {
			if value[i], err = keepable(value[i], depth+1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range value {
			if value[name], err = keepable(value[name], depth+1); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

func inRange(n json.Number) bool {
	_, err := n.Float64()
	return err == nil
}

// audienceOf is the audience: ours among several.
func audienceOf(value any, clientID string) (string, error) {
	list, ok := value.([]any)
	if !ok {
		return textOf("aud", value)
	}
	first := ""
	for _, element := range list {
		text, err := textOf("aud", element)
		if err != nil {
			return "", err
		}
		if text == clientID {
			return text, nil
		}
		if first == "" {
			first = text
		}
	}
	return first, nil
}

func numberOf(name string, value any) (float64, error) {
	switch value := value.(type) {
	case nil:
		return 0, nil
	case json.Number:
		if number, err := value.Float64(); err == nil {
			return number, nil
		}
	}
	return 0, mistaken(name)
}

func addressOf(value any) (*federation.Address, error) {
	if value == nil {
		return nil, nil
	}
	parts, ok := value.(map[string]any)
	if !ok {
		return nil, mistaken("address")
	}
	var a federation.Address
	err := object(parts).texts(map[string]*string{
		"formatted": &a.Formatted, "locality": &a.Locality, "postal_code": &a.PostalCode, "region": &a.Region,
		"street_address": &a.StreetAddress, "country": &a.Country,
	})
	return &a, err
}
