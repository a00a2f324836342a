package flow

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// value is one declared input of a request, normalised.
type value struct {
	name string
	raw  json.RawMessage // as sent; nil if absent, may be null
	text string          // text form of string, email, password and number inputs
}

// normalise brings a submitted value into the form that is checked and used.
func normalise(in *Input, raw json.RawMessage) value {
	v := value{name: in.name, raw: raw}
	switch in.kind {
	case KindBoolean, KindJSON:
		return v
	case KindNumber:
		v.text = strings.TrimSpace(textForm(raw))
		return v
	}
	if isString(raw) || in.trim || in.lowercase {
		v.text = textForm(raw)
	}
	if in.trim {
		v.text = strings.TrimSpace(v.text)
	}
	if in.lowercase {
		v.text = strings.ToLower(v.text)
	}
	return v
}

// check returns the first rule a normalised value breaks, or 0.
func check(in *Input, v *value) InputCode {
	if in.unchecked || in.kind == KindBoolean || in.kind == KindJSON {
		return 0
	}
	n := len(v.text)
	switch {
	case n == 0 && in.required == yes:
		return ValueMissing
	case n == 0:
		return 0
	case in.kind == KindNumber:
		if _, err := strconv.ParseFloat(v.text, 64); err != nil {
			return ValueInvalid
		}
		return 0
	case in.min > 0 && n < in.min:
		return ValueTooShort
	case in.max > 0 && n > in.max:
		return ValueTooLong
	case in.kind == KindEmail && !IsEmail(v.text):
		return ValueInvalid
	case in.kind == KindString && strings.IndexByte(v.text, 0) >= 0: // databases refuse it in text
		return ValueInvalid
	case in.kind == KindString && !in.allows(v.text):
		return ValueInvalid
	}
	return 0
}

func (i *Input) allows(text string) bool {
	return len(i.allowed) == 0 || slices.ContainsFunc(i.allowed, func(c Choice) bool { return c.Value == text })
}

// IsEmail tells whether a text has the form of an e-mail address as clients understand it: one @; letters, digits and
// ._%+- before it; letters, digits, dots and hyphens behind it, ending in a dot and two or more letters.
func IsEmail(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	if !found || local == "" {
		return false
	}
	for _, c := range []byte(local) {
		if !isAlphanumeric(c) && !strings.ContainsRune("._%+-", rune(c)) {
			return false
		}
	}
	dot := strings.LastIndexByte(domain, '.')
	if dot < 1 || len(domain)-dot-1 < 2 {
		return false
	}
	for i, c := range []byte(domain) {
		switch {
		case isLetter(c) || i == dot:
		case i < dot && (isAlphanumeric(c) || c == '.' || c == '-'):
		default:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isAlphanumeric(c byte) bool { return isLetter(c) || '0' <= c && c <= '9' }

func isString(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '"' }

func isNull(raw json.RawMessage) bool { return bytes.Equal(raw, []byte("null")) }

// textForm is the text of a scalar: a string's content, a number's digits, "true" or "false". Everything else,
// absence included, is empty.
func textForm(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	switch c := raw[0]; {
	case c == '"':
		return unquote(raw)
	case c == 't', c == 'f':
		return string(raw)
	case c == '-', '0' <= c && c <= '9':
		if n, err := strconv.ParseFloat(string(raw), 64); err == nil && bytes.ContainsAny(raw, ".eE") {
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
		return string(raw)
	}
	return ""
}

// truth is the boolean a submitted value stands for.
func truth(raw json.RawMessage) bool {
	if len(raw) == 0 {
		return false
	}
	switch c := raw[0]; {
	case c == 't':
		return true
	case c == '"':
		b, err := strconv.ParseBool(strings.ToLower(unquote(raw)))
		return err == nil && b
	case c == '-', '0' <= c && c <= '9':
		n, err := strconv.ParseFloat(string(raw), 64)
		return err == nil && n != 0
	}
	return false
}

// unquote decodes a valid JSON string.
func unquote(raw json.RawMessage) string {
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return ""
	}
	return s
}
