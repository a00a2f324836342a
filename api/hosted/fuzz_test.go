package hosted

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// FuzzChoose asks for whatever languages: the page is in one that is offered, the one asked for where that is offered.
func FuzzChoose(f *testing.F) {
	for _, seed := range []string{"", "de", "de-AT,de;q=0.9,en;q=0.1", "*", "pt", "zh-Hant-TW", "en;q=nan", "x-x-x", ";;;", strings.Repeat("de,", 150), "de;q=0", "\xff", "fr-u-co-phonebk"} {
		f.Add(seed, seed, seed)
		f.Add("", seed, "de,fr")
	}
	f.Fuzz(func(t *testing.T, asked, accept, configured string) {
		var codes []string
		for code := range strings.SplitSeq(configured, ",") {
			if slices.Contains(config.PageLanguages(), code) {
				codes = append(codes, code)
			}
		}
		got := choose(codes, asked, accept)
		require.Contains(t, offered(codes), got)
		require.NotEmpty(t, texts[got].SignIn)
		if slices.Contains(offered(codes), asked) {
			require.Equal(t, asked, got)
		} else {
			require.Equal(t, got, choose(codes, got, accept), "choosing what one has changes nothing")
		}
	})
}
