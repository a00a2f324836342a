package secret_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

func TestToken_IsFoundAgainByItsHash(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		plain, hash := secret.NewToken("lka_")
		require.Regexp(t, `^lka_[0-9A-Za-z]{49}$`, plain)
		require.False(t, seen[plain])
		seen[plain] = true

		again, err := secret.HashToken("lka_", plain)
		require.NoError(t, err)
		require.Equal(t, hash, again)
		sum := sha256.Sum256([]byte(plain))
		require.Equal(t, sum[:], hash)
	}
}

func TestToken_UsesTheWholeAlphabet(t *testing.T) {
	t.Parallel()
	seen := map[rune]int{}
	for range 500 {
		plain, _ := secret.NewToken("")
		for _, c := range plain[:43] {
			seen[c]++
		}
	}
	require.Len(t, seen, 62)
	for c, n := range seen { // 21 500 draws over 62 digits: 347 expected, standard deviation 18
		require.InDelta(t, 347, n, 150, string(c))
	}
}

func TestToken_AnyOneWrongCharacterIsNoticed(t *testing.T) {
	t.Parallel()
	plain, _ := secret.NewToken("lka_")
	for i := range plain {
		for _, c := range "0Aaz_-. é\x00" {
			changed := plain[:i] + string(c) + plain[i+1:]
			if changed == plain {
				continue
			}
			_, err := secret.HashToken("lka_", changed)
			require.ErrorIs(t, err, secret.ErrMalformedToken, changed)
		}
	}
	for _, other := range []string{"", "lka_", plain[:len(plain)-1], plain + "0", " " + plain, strings.Repeat("0", len(plain))} {
		_, err := secret.HashToken("lka_", other)
		require.ErrorIs(t, err, secret.ErrMalformedToken, other)
	}
	_, err := secret.HashToken("lko_", plain)
	require.ErrorIs(t, err, secret.ErrMalformedToken, "an API key is no operator token")
}

func FuzzHashToken(f *testing.F) {
	plain, _ := secret.NewToken("lka_")
	f.Add(plain)
	f.Add("lka_")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		hash, err := secret.HashToken("lka_", s)
		if err == nil {
			require.Regexp(t, `^lka_[0-9A-Za-z]{49}$`, s)
			require.Len(t, hash, 32)
		}
	})
}
