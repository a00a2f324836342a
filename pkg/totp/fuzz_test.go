package totp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	library "github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/totp"
)

// FuzzMatch enters whatever code: it matches exactly where the library says so, and then its step shows that very code.
func FuzzMatch(f *testing.F) {
	const secret = "JBSWY3DPEHPK3PXP"
	f.Add(secret, "495648", int64(1795446810))
	f.Add(secret, "742543", int64(1795446810))
	f.Add(secret, " 495648", int64(1795446810))
	f.Add(secret, "٤٩٥٦٤٨", int64(1795446810))
	f.Add("", "000000", int64(0))
	f.Add("jbswy3dp====", "123456", int64(-1))
	f.Add("1!", "123456", int64(1<<40))
	f.Fuzz(func(t *testing.T, secret, code string, unix int64) {
		if unix < 0 || unix > 1<<40 {
			return
		}
		at := time.Unix(unix, 0)
		step, ok := totp.Match(secret, code, at)
		if !ok {
			require.Zero(t, step)
		} else {
			require.True(t, totp.Valid(secret))
			require.LessOrEqual(t, max(step-totp.Step(at), totp.Step(at)-step), int64(1))
			shown, err := totp.Code(secret, time.Unix(step*30, 0))
			require.NoError(t, err)
			require.Equal(t, shown, code)
		}
		if totp.Valid(secret) && code == strings.TrimSpace(code) && unix >= 30 { // the library trims codes; ours are trimmed before
			says, _ := library.ValidateCustom(code, strings.TrimRight(strings.TrimSpace(secret), "="), at,
				library.ValidateOpts{Period: 30, Skew: 1, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
			require.Equal(t, says, ok, "%q %q", secret, code)
		}
	})
}

// FuzzURI puts whatever names into a QR code: an app reads the same secret from it, and the names as they are.
func FuzzURI(f *testing.F) {
	for _, seed := range []string{"shop", "", "a:b", "kim@shop.example", "a&secret=x", "é漢🐎", "\xff\x00", "a+b %41", "?#/"} {
		f.Add(seed, seed)
		f.Add("Shop", seed)
	}
	f.Fuzz(func(t *testing.T, issuer, account string) {
		const secret = "JBSWY3DPEHPK3PXP"
		uri := totp.URI(issuer, account, secret)
		key, err := otp.NewKeyFromURL(uri)
		require.NoError(t, err, uri)
		require.Equal(t, "totp", key.Type())
		require.Equal(t, secret, key.Secret())
		require.Equal(t, uint64(30), key.Period())
		require.Equal(t, otp.DigitsSix, key.Digits())
		if issuer != "" {
			require.Equal(t, strings.ToValidUTF8(issuer, "\uFFFD"), key.Issuer())
		}
		require.Equal(t, -1, strings.IndexFunc(uri, func(c rune) bool { return c <= ' ' || c >= 0x7f }), uri)
		if len(issuer)+len(account) < 2000 {
			image, err := totp.Image(issuer, account, secret)
			require.NoError(t, err)
			require.Less(t, len(image), 16<<10)
		}
	})
}
