package event

import (
	"strings"
	"unicode/utf8"
)

// maskedLength is how long a masked local part is at least, so that its length tells nothing.
const maskedLength = 6

// MaskAddress hides most of an address. Spec: audit-log §2.
func MaskAddress(address string) string {
	if address == "" {
		return ""
	}
	local, domain, found := cutLast(address, "@")
	n := utf8.RuneCountInString(local)
	shown := 1
	switch {
	case n == 0:
		shown = 0
	case n > maskedLength:
		shown = 3
	}
	masked := prefix(local, shown) + strings.Repeat("*", max(n, maskedLength)-shown)
	if !found {
		return masked
	}
	return masked + "@" + domain
}

func prefix(s string, runes int) string { return string([]rune(s)[:runes]) }

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
