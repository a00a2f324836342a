package user

import (
	"net/mail"
	"strings"
)

// maxAddress is how long an address may be, in bytes.
const maxAddress = 255

// IsAddress reports whether a text is an e-mail address that a back end may store (RFC 5322 addr-spec at a domain with a dot). It is
// more than what people can type at sign-in.
func IsAddress(text string) bool {
	if len(text) > maxAddress || strings.ContainsAny(text, " \t\r\n\x00<>\"(),:;") {
		return false
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	return strings.Contains(strings.Trim(domain, "."), ".") && !strings.HasSuffix(domain, ".")
}
