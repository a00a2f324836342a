package devicetrust

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// FuzzParse reads whatever a browser sends as the cookie of trusted devices: what is read is written and read the same again, a person is in it
// once, and what is written fits into a cookie.
func FuzzParse(f *testing.F) {
	kim, sam := "0193e3a4-0000-7000-8000-000000000001", "0193E3A4-0000-7000-8000-000000000002"
	for _, seed := range []string{
		"", "|", ":", kim + ":abc", kim + ":abc|" + sam + ":-_=", kim + ":a|" + kim + ":b", "plain-token", uuid.Nil.String() + ":abc",
		"{" + kim + "}:abc", kim + ":" + strings.Repeat("a", 200), kim + ":a;b", strings.Repeat(kim+":a|", 300),
	} {
		f.Add(seed, 20)
	}
	f.Fuzz(func(t *testing.T, cookie string, users int) {
		entries := parse(cookie)
		seen := map[uuid.UUID]bool{}
		for _, e := range entries {
			require.False(t, seen[e.user])
			seen[e.user] = true
			require.True(t, isToken(e.token))
			require.Equal(t, e.token, tokenFor(cookie, e.user))
		}
		const name = "hanko-device-token"
		written := format(entries, users, len(name))
		again := parse(written)
		require.Equal(t, written, format(again, users, len(name)))
		require.LessOrEqual(t, len(again), len(entries))
		for i, e := range again {
			require.Equal(t, entries[i], e, "the newest are kept")
		}
		if len(again) > 1 {
			require.LessOrEqual(t, len(name)+len(written), maxSent)
		}
		if users > 0 {
			require.LessOrEqual(t, len(again), users)
		}
		stranger := uuid.MustParse("0193e3a4-ffff-7000-8000-00000000000f")
		if token := tokenFor(cookie, stranger); token != "" && !seen[stranger] {
			require.Equal(t, cookie, token, "only a cookie that names nobody is anybody's")
		}
		one := prepend(entry{stranger, "fresh"}, entries)
		require.Equal(t, "fresh", tokenFor(format(one, users, len(name)), stranger))
	})
}
