package recoverycode

import (
	"crypto/rand"
	"strings"
	"unicode"
)

const (
	// alphabet is Crockford's: 32 characters, 5 bits each, without I, L, O and U.
	alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	// length is the number of characters of a code: 50 bits. At three tries a minute, hitting one of ten takes seventy million years.
	length = 10
	// half is where a code is parted for reading.
	half = length / 2
	// longest is how many bytes a code may be typed in, separators included.
	longest = 64
)

// Looks reports whether a text has the form of a recovery code, which no code of an app has. Case, spaces and hyphens do not matter, and
// neither does taking O for 0 or I or L for 1.
func Looks(code string) bool {
	_, ok := normalise(code)
	return ok
}

// normalise brings what somebody typed into the form that is compared.
func normalise(typed string) (string, bool) {
	if len(typed) > longest {
		return "", false
	}
	var b strings.Builder
	for _, c := range typed {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A' // unicode.ToUpper would find letters of ours in other scripts
		}
		switch {
		case unicode.IsSpace(c), unicode.Is(unicode.Dash, c):
			continue
		case c == 'O':
			c = '0'
		case c == 'I', c == 'L':
			c = '1'
		case !strings.ContainsRune(alphabet, c):
			return "", false
		}
		b.WriteRune(c)
	}
	return b.String(), b.Len() == length
}

// draw makes a code. Every character is equally likely, for their number divides that of bytes.
func draw() string {
	var random [length]byte
	_, _ = rand.Read(random[:]) // never returns an error
	for i, b := range random {
		random[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(random[:])
}

// group is how a code is shown: XXXXX-XXXXX.
func group(code string) string { return code[:half] + "-" + code[half:] }
