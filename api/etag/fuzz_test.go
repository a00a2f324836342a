package etag_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/api/etag"
)

// FuzzMatcher reads whatever conditions: a tag matches only where it stands in the header as a whole, and a weak one only where that is allowed.
func FuzzMatcher(f *testing.F) {
	for _, seed := range []string{"", "*", `"7"`, `W/"7"`, `"6", "7"`, `"7`, `7`, ` , ,`, `W/*`, `""`, `w/"7"`, `"a,b"`, "\"7\"\t"} {
		f.Add(seed, `"8"`, true)
		f.Add(seed, seed, false)
	}
	f.Fuzz(func(t *testing.T, first, second string, weak bool) {
		const ours, other = `"7"`, `"of nothing that there is"`
		matches := etag.Matcher([]string{first, second}, weak)
		all := first + "," + second
		if matches == nil {
			require.Empty(t, strings.Trim(strings.ReplaceAll(strings.ReplaceAll(all, "W/", ""), ",", ""), " \t\r\n\v\f\u0085\u00a0"+spaces), all)
			return
		}
		if matches(other) && !strings.Contains(all, other) {
			require.Contains(t, all, "*")
		}
		if matches(ours) && !strings.Contains(all, "*") {
			require.Contains(t, all, ours)
		}
		if !weak && matches(ours) && !matches(other) {
			strong := false
			for tag := range strings.SplitSeq(all, ",") {
				strong = strong || strings.TrimSpace(tag) == ours
			}
			require.True(t, strong, "a weak tag is no match for If-Match: %q", all)
		}
	})
}

// spaces are the others that Unicode knows.
const spaces = "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

func TestMatcher_AWeakTagNeverMatchesIfMatch(t *testing.T) {
	t.Parallel()

	require.Nil(t, etag.Matcher(nil, false))
	require.Nil(t, etag.Matcher([]string{" , "}, false))
	require.False(t, etag.Matcher([]string{`W/"7"`}, false)(`"7"`))
	require.True(t, etag.Matcher([]string{`W/"7"`}, true)(`"7"`))
	require.True(t, etag.Matcher([]string{`"6"`, `"5", "7"`}, false)(`"7"`))
	require.True(t, etag.Matcher([]string{"*"}, false)(`"7"`))
	require.False(t, etag.Matcher([]string{`7`}, false)(`"7"`))
}
