package transfer

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is the most characters of an address, a name and the like.
const maxText = 255

// isAddress reports whether a text is an address of RFC 5322 with a host name of at least two labels. Those that the login form does not take
// are among them. Spec: import-export §1.3.
func isAddress(text string) bool {
	at := strings.LastIndexByte(text, '@')
	if at < 1 || len(text) > maxText || !isHost(text[at+1:]) {
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
