package totp_test

import (
	"encoding/base32"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/totp"
)

// rfcSecret is the seed of RFC 6238, appendix B, for SHA-1.
var rfcSecret = base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))

func TestCode_IsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]string{ // the last six of its eight digits
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		got, err := totp.Code(rfcSecret, time.Unix(at, 0))
		require.NoError(t, err)
		require.Equal(t, want, got, at)
		step, ok := totp.Match(rfcSecret, want, time.Unix(at, 0))
		require.True(t, ok, at)
		require.Equal(t, at/30, step)
	}
}

func TestMatch_AcceptsTheStepAndItsNeighbours(t *testing.T) {
	t.Parallel()
	const secret = "JBSWY3DPEHPK3PXP"
	at := time.Unix(1795446810, 0)
	for code, want := range map[string]int64{"535506": 59848226, "495648": 59848227, "742543": 59848228} {
		step, ok := totp.Match(secret, code, at)
		require.True(t, ok, code)
		require.Equal(t, want, step, code)
	}
	for _, away := range []time.Duration{-90 * time.Second, -60 * time.Second, 60 * time.Second, 90 * time.Second} {
		code, err := totp.Code(secret, at.Add(away))
		require.NoError(t, err)
		_, ok := totp.Match(secret, code, at)
		require.False(t, ok, away)
	}
}

func TestMatch_TakesTheLastStepOfACodeThatComesTwice(t *testing.T) {
	t.Parallel()
	// Found by search: the secret has the same code at these steps.
	for code, steps := range map[string][2]int64{"519179": {473597, 473598}, "471070": {1517779, 1517781}} {
		for now := steps[1] - 1; now <= steps[0]+1; now++ {
			step, ok := totp.Match(aSecret, code, time.Unix(now*30, 0))
			require.True(t, ok)
			require.Equal(t, steps[1], step)
		}
		step, ok := totp.Match(aSecret, code, time.Unix(steps[0]*30-30, 0))
		require.True(t, ok)
		require.Equal(t, steps[0], step, "the other one is too far away")
	}
}

func TestMatch_RefusesWhatIsNoCode(t *testing.T) {
	t.Parallel()
	at := time.Unix(59, 0) // 287082
	for _, code := range []string{
		"", " ", "28708", "2870821", "0287082", " 287082", "287082 ", "287 82", "+87082", "-87082", "287082\x00", "２８７０８２", "٢٨٧٠٨٢", "28708a",
		strings.Repeat("9", 100_000),
	} {
		_, ok := totp.Match(rfcSecret, code, at)
		require.False(t, ok, "%.20q", code)
	}
}

func TestMatch_RefusesEveryCodeOfABrokenSecret(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", " ", "====", "not base32!", "1", "JBSWY3DPEHPK3PX1"} {
		require.False(t, totp.Valid(secret), "%q", secret)
		_, err := totp.Code(secret, time.Unix(59, 0))
		require.ErrorIs(t, err, totp.ErrBrokenSecret, "%q", secret)
		for _, code := range []string{"000000", "328482", "812658"} { // the last two are those of an empty key
			_, ok := totp.Match(secret, code, time.Unix(59, 0))
			require.False(t, ok, "%q %s", secret, code)
		}
	}
}

func TestMatch_ReadsSecretsAsOtherSystemsWriteThem(t *testing.T) {
	t.Parallel()
	odd := base32.StdEncoding.EncodeToString([]byte("1234567890123456789")) // 19 bytes are padded
	require.Contains(t, odd, "=")
	want, err := totp.Code(odd, time.Unix(59, 0))
	require.NoError(t, err)
	for _, spelling := range []string{strings.TrimRight(odd, "="), strings.ToLower(odd), " " + odd + "\n", strings.ToLower(strings.TrimRight(odd, "="))} {
		_, ok := totp.Match(spelling, want, time.Unix(59, 0))
		require.True(t, ok, "%q", spelling)
		require.True(t, totp.Valid(spelling))
	}
}

func TestNewSecret_IsLongAndNew(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		secret := totp.NewSecret()
		require.Regexp(t, `^[A-Z2-7]{32}$`, secret)
		require.True(t, totp.Valid(secret))
		seen[secret] = true
	}
	require.Len(t, seen, 100)
}

func TestStep_CountsFrom1970(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]int64{0: 0, 29: 0, 30: 1, -1: -1, -30: -1, -31: -2} {
		require.Equal(t, want, totp.Step(time.Unix(at, 0)), at)
	}
}
