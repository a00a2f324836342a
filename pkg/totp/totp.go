// Package totp makes and matches the codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds).
package totp

import (
	"errors"
	"time"
)

// NewSecret draws a secret of 20 bytes, as 32 characters of base32 without padding.
func NewSecret() string { return "" }

// Match finds the step of a code: the current one, or its neighbours. It reports false for a code of another step or form.
func Match(secret, code string, at time.Time) (step int64, ok bool) { return 0, false }

// Image is a QR code that authenticator apps read, 200 pixels wide and high, as a data URI with a PNG.
func Image(issuer, account, secret string) (string, error) { return "", errors.New("totp: not built") }
