package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash/crc32"
	"strings"
)

// ErrMalformedToken is returned for a text that cannot be a token of ours: another prefix, length or alphabet, or a
// wrong checksum. Such a text is refused without asking the database.
var ErrMalformedToken = errors.New("secret: malformed token")

const (
	base62     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	bodySize   = 43 // 43 digits to the base 62 are 256 bits
	checksSize = 6  // 62⁶ > 2³²
)

// NewToken makes a token: prefix, 256 random bits, and a checksum, in letters and digits. The plain text is shown once;
// what is stored is hash (SHA-256), from which it cannot be found.
//
// The prefix (such as "lka_") lets people and secret scanners tell what a token is; the checksum (CRC-32 over all before
// it) tells a mistyped or made-up token without a look-up.
func NewToken(prefix string) (plain string, hash []byte) {
	var token strings.Builder
	token.Grow(len(prefix) + bodySize + checksSize)
	token.WriteString(prefix)
	for token.Len() < len(prefix)+bodySize {
		var random [bodySize]byte
		_, _ = rand.Read(random[:]) // never returns an error
		for _, b := range random {
			// Six bits name one of 64 values; the two beyond the alphabet are drawn again, so all digits are equally likely.
			if b &= 63; b < 62 && token.Len() < len(prefix)+bodySize {
				token.WriteByte(base62[b])
			}
		}
	}
	token.WriteString(checksum(token.String()))
	plain = token.String()
	return plain, hashToken(plain)
}

// HashToken checks the form of a token and returns the hash under which it is stored. Errors: ErrMalformedToken.
func HashToken(prefix, plain string) ([]byte, error) {
	if len(plain) != len(prefix)+bodySize+checksSize || !strings.HasPrefix(plain, prefix) {
		return nil, ErrMalformedToken
	}
	for i := len(prefix); i < len(plain); i++ {
		if strings.IndexByte(base62, plain[i]) < 0 {
			return nil, ErrMalformedToken
		}
	}
	split := len(plain) - checksSize
	if checksum(plain[:split]) != plain[split:] {
		return nil, ErrMalformedToken
	}
	return hashToken(plain), nil
}

// Generate makes a secret fit to be an entry of a [Keyring]: 32 random bytes as base64url text.
func Generate() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never returns an error
	return base64.RawURLEncoding.EncodeToString(random[:])
}

func hashToken(plain string) []byte {
	sum := sha256.Sum256([]byte(plain))
	return sum[:]
}

func checksum(s string) string {
	sum := crc32.ChecksumIEEE([]byte(s))
	var digits [checksSize]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = base62[sum%62]
		sum /= 62
	}
	return string(digits[:])
}
