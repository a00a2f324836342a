package secret

import "strings"

// published are secrets that stand in documentation, ours or that of software whose databases we adopt.
var published = []string{
	"abcedfghijklmnopqrstuvwxyz",
	"abcdefghijklmnopqrstuvwxyz",
	"at-least-sixteen-characters",
	"at-least-16-characters",
	"needs-to-be-at-least-16",
	"correct-horse-battery-staple",
	"correct horse battery staple",
	"correcthorsebatterystaple",
}

// placeholders are words that a secret made at random does not contain.
var placeholders = []string{
	"change-me", "changeme", "change_me", "change-this", "changethis", "replace-me", "replaceme", "replace-this",
	"example-secret", "your-secret", "your_secret", "yoursecret", "my-secret", "mysecret", "supersecret", "super-secret",
	"secret-key", "secretkey", "sixteen-char", "password1", "passwordpassword", "secretsecret", "insecure",
}

// sequences are what fingers type when asked for something long.
var sequences = []string{
	"0123456789abcdefghijklmnopqrstuvwxyz",
	"abcdefghijklmnopqrstuvwxyz0123456789",
	"1234567890123456789012345678901234567890",
	"0123456789012345678901234567890123456789",
	"qwertyuiopasdfghjklzxcvbnm",
	"zyxwvutsrqponmlkjihgfedcba",
	"9876543210987654321098765432109876543210",
}

// minDistinct is the least number of different bytes in an acceptable secret. Sixteen random hexadecimal digits have
// fewer than five different ones with a chance below 10⁻⁶.
const minDistinct = 5

// wellKnown reports whether everybody could guess secret.
func wellKnown(secret string) bool {
	s := strings.ToLower(strings.TrimSpace(secret))
	for _, p := range published {
		if s == p {
			return true
		}
	}
	for _, p := range placeholders {
		if strings.Contains(s, p) {
			return true
		}
	}
	return distinctBytes(s) < minDistinct || isSequence(unit(s))
}

func distinctBytes(s string) int {
	var seen [256]bool
	n := 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			n++
		}
	}
	return n
}

// unit is the shortest text that s is a repetition of; s itself when it repeats nothing.
func unit(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

// isSequence reports whether s, or the one thing it repeats, is a run of the alphabet, the digits or the keyboard. A
// repeated unit shorter than [MinLength] is no secret either, whatever it says.
func isSequence(s string) bool {
	if len(s) < MinLength {
		return true
	}
	for _, sequence := range sequences {
		if strings.Contains(sequence, s) {
			return true
		}
	}
	return false
}
