package user

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// maxAddress is how many bytes an address may have.
const maxAddress = 255

// IsAddress reports whether a text is an address of RFC 5322 with a host name of at least two labels. Those that the login form does not take
// are among them. Spec: import-export §1.3.
func IsAddress(text string) bool {
	at := strings.LastIndexByte(text, '@')
	if at < 1 || len(text) > maxAddress || !isHost(text[at+1:]) {
		return false
	}
	for _, r := range text[:at] {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.IsSpace(r) && text[0] != '"' {
			return false
		}
	}
	parsed, err := mail.ParseAddress("<" + text + ">") // so that no display name can hide in it
	return err == nil && parsed.Name == "" && strings.HasSuffix(parsed.Address, text[at:])
}

func isHost(host string) bool {
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			if r == utf8.RuneError || r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				return false
			}
		}
	}
	first, _ := utf8.DecodeRuneInString(labels[len(labels)-1])
	return len(labels) > 1 && unicode.IsLetter(first)
}

// ErrBadAddress is the answer to a text that is no e-mail address.
var ErrBadAddress = problem.Invalid("invalid_email", "the e-mail address is not valid")

// ParseAddress checks an address that a back end gave and returns it as it is stored: in lower case. Error: ErrBadAddress.
func ParseAddress(text string) (string, error) {
	address := strings.ToLower(text)
	if !IsAddress(text) || !IsAddress(address) {
		return "", ErrBadAddress
	}
	return address, nil
}
