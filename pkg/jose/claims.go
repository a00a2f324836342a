package jose

import (
	"encoding/json"
	"math"
	"time"
)

// Claims are the claims of a verified token. Numbers are json.Number, so that whatever is passed on keeps every digit.
type Claims map[string]any

// String gives a claim that is a string, else "".
func (c Claims) String(name string) string {
	s, _ := c[name].(string)
	return s
}

// Strings gives a claim that is a string or a list of strings (such as aud), else nil.
func (c Claims) Strings(name string) []string {
	switch value := c[name].(type) {
	case string:
		return []string{value}
	case []any:
		list := make([]string, 0, len(value))
		for _, element := range value {
			s, ok := element.(string)
			if !ok {
				return nil
			}
			list = append(list, s)
		}
		return list
	}
	return nil
}

// Time gives a claim that is a NumericDate (RFC 7519 §2) in UTC, cut to whole seconds. ok is false when it is absent,
// not a number, or beyond the year 9999.
func (c Claims) Time(name string) (at time.Time, ok bool) {
	number, isNumber := c[name].(json.Number)
	if !isNumber {
		return time.Time{}, false
	}
	seconds, err := number.Int64()
	if err != nil {
		float, err := number.Float64()
		if err != nil || math.Abs(float) > maxSeconds {
			return time.Time{}, false
		}
		seconds = int64(math.Floor(float))
	}
	if seconds < -maxSeconds || seconds > maxSeconds {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// maxSeconds is the last second of the year 9999, the last one RFC 3339 can write.
const maxSeconds = 253402300799

// Int gives a claim that is a whole number, else ok is false.
func (c Claims) Int(name string) (value int64, ok bool) {
	number, isNumber := c[name].(json.Number)
	if !isNumber {
		return 0, false
	}
	value, err := number.Int64()
	return value, err == nil
}

// Bool gives a claim that is a boolean, else ok is false.
func (c Claims) Bool(name string) (value, ok bool) {
	value, ok = c[name].(bool)
	return value, ok
}

// Object gives a claim that is an object, else nil.
func (c Claims) Object(name string) Claims {
	object, _ := c[name].(map[string]any)
	return object
}

// Subject is the claim sub.
func (c Claims) Subject() string { return c.String("sub") }

// Issuer is the claim iss.
func (c Claims) Issuer() string { return c.String("iss") }

// Audience is the claim aud, one or several.
func (c Claims) Audience() []string { return c.Strings("aud") }

// Expires is the claim exp. A token that [Set.Verify] accepted always has one.
func (c Claims) Expires() time.Time {
	at, _ := c.Time("exp")
	return at
}
