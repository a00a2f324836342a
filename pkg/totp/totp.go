// Package totp makes and matches the codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds).
//
// It keeps nothing: who remembers the steps whose codes were used is the caller's business (RFC 6238 §5.2).
package totp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
)

const (
	// period is how long a code is shown, in seconds.
	period = 30
	// digits is the number of digits of a code.
	digits = 6
	// secretSize is the number of random bytes in a secret, as many as the hash has (RFC 4226 §4, R6).
	secretSize = 20
)

// ErrBrokenSecret is returned for a secret that is empty or not base32.
var ErrBrokenSecret = errors.New("totp: the secret is not base32")

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret draws a secret of 20 bytes, as 32 characters of base32 without padding.
func NewSecret() string {
	var random [secretSize]byte
	_, _ = rand.Read(random[:]) // never returns an error
	return encoding.EncodeToString(random[:])
}

// Valid reports whether codes can be made from a secret. Case, padding and white space around it do not matter.
func Valid(secret string) bool {
	_, err := codeOf(secret, 0)
	return err == nil
}

// Step is the number of the period that a time falls into, counted from 1970 (RFC 6238 §4.2).
func Step(at time.Time) int64 {
	s := at.Unix()
	if s < 0 {
		s -= period - 1 // Go rounds towards zero, the RFC down
	}
	return s / period
}

// Code is what an app shows at a time. Errors: ErrBrokenSecret.
func Code(secret string, at time.Time) (string, error) { return codeOf(secret, Step(at)) }

// Match finds the step of a code: the current one, or its neighbours. It reports false for a code of another step or form, and for every
// code where the secret is broken. Where a code belongs to several of the steps, the last of them is meant, so that none of them can be
// used again. How long it takes does not depend on the digits.
func Match(secret, code string, at time.Time) (step int64, ok bool) {
	if !wellFormed(code) {
		return 0, false
	}
	now := Step(at)
	for candidate := now - 1; candidate <= now+1; candidate++ {
		expected, err := codeOf(secret, candidate)
		if err != nil {
			return 0, false
		}
		if subtle.ConstantTimeCompare([]byte(expected), []byte(code)) == 1 {
			step, ok = candidate, true
		}
	}
	return step, ok
}

func wellFormed(code string) bool {
	if len(code) != digits {
		return false
	}
	for _, b := range []byte(code) {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}

func codeOf(secret string, step int64) (string, error) {
	secret = strings.TrimRight(strings.TrimSpace(secret), "=")
	if secret == "" {
		return "", ErrBrokenSecret // the library would make codes of an empty key, which everybody knows
	}
	code, err := hotp.GenerateCode(secret, uint64(step))
	if err != nil {
		return "", ErrBrokenSecret // the library's error may quote the secret one day
	}
	return code, nil
}
