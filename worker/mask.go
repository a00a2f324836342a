package worker

import (
	"strings"

	"github.com/latchkeep/latchkeep/auth/event"
)

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

func maskAddress(address string) string { return event.MaskAddress(address) }

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
