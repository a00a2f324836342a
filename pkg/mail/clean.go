package mail

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest values that are placed in a mail, in characters.
const (
	maxName    = 200
	maxAddress = 320
	maxCode    = 64
	maxSubject = 400
)

// line makes one line of a value that somebody else chose: no control characters, no line or paragraph separators and nothing that
// changes the direction of writing, white space collapsed, valid UTF-8.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), turnsText(r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// clip makes a line of at most limit characters.
func clip(s string, limit int) string {
	s = line(s)
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
}

// turnsText reports the explicit directional formatting characters, which can make a text read as another one (UAX #9 §2).
func turnsText(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}
