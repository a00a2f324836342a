package recoverycode

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzNormalise types whatever: what is taken for a code is ten characters of the alphabet, the same however it is grouped or spelled, and never
// six digits, which are an app's.
func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{"ABCDE-12345", "abcde 12345", "OIL00-OIL00", "123456", "ſſſſſ-ſſſſſ", "A\u2010B\u2014C\u3000DE12345", "\xff", strings.Repeat("-", 70), "K" + "\u212a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := normalise(typed)
		require.Equal(t, ok, Looks(typed))
		require.LessOrEqual(t, len(code), longest)
		if !ok {
			return
		}
		require.Len(t, code, length)
		require.Empty(t, strings.Trim(code, alphabet))
		for _, same := range []string{code, group(code), strings.ToLower(code), " " + strings.Join(strings.Split(code, ""), "-")} {
			again, ok := normalise(same)
			require.True(t, ok, same)
			require.Equal(t, code, again)
		}
	})
}
