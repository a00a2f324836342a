package user

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// maxAddress is how many bytes of an address are kept.
const maxAddress = 255

// ErrBadAddress is the answer to a text that is no e-mail address.
var ErrBadAddress = problem.Invalid("invalid_email", "the e-mail address is not valid")

// ParseAddress checks an address that a back end gave and returns it as it is stored: in lower case. It lets through more than the forms of
// flows do, since such addresses may come from elsewhere, but nothing that mail could not be sent to. Error: ErrBadAddress.
func ParseAddress(text string) (string, error) {
	_, domain, _ := strings.Cut(text, "@")
	parsed, err := mail.ParseAddress("<" + text + ">")
	if err != nil || parsed.Address != text || !utf8.ValidString(text) ||
		!strings.Contains(strings.Trim(domain, "."), ".") || strings.HasSuffix(domain, ".") {
		return "", ErrBadAddress
	}
	address := strings.ToLower(text)
	if len(address) > maxAddress {
		return "", ErrBadAddress
	}
	return address, nil
}
