package worker

import (
	"strings"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/auth/event"
)

// maskedLength is how long a masked local part is at least, so that its length tells nothing.
const maskedLength = 6

// mask hides most of the addresses and usernames of a record. Spec: audit-log §2.
func mask(r *event.AuditPayload) {
	r.ActorEmail = maskAddress(r.ActorEmail)
	for _, key := range []string{"email", "username"} {
		text, ok := r.Details[key].(string)
		switch {
		case !ok:
		case key == "email":
			r.Details[key] = maskAddress(text)
		default:
			r.Details[key] = maskUsername(text)
		}
	}
}

func maskAddress(address string) string {
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

func maskUsername(name string) string {
	runes := []rune(name)
	switch n := len(runes); {
	case n == 0:
		return ""
	case n == 1:
		return "*"
	case n <= 3:
		return string(runes[0]) + "****" + string(runes[n-1])
	default:
		return string(runes[0]) + strings.Repeat("*", n-2) + string(runes[n-1])
	}
}

func prefix(s string, runes int) string { return string([]rune(s)[:runes]) }

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
