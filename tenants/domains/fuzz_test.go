package domains

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
)

// FuzzNormalise claims whatever domain: what is taken is one host name of the DNS in its one spelling, for which a certificate can be ordered, and
// no suffix under which others live.
func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{
		"login.shop.example", " Login.Shop.Example. ", "bücher.example", "xn--bcher-kva.example", "１２７.０.０.１", "127.0.0.1", "0x7f.1", "co.uk", "github.io", "a.github.io",
		"*.shop.example", "shop.example:443", "shop。example", "ｓhop.example", "a\u200db.example", "shop.localhost", "xn--.example", "-a.example", strings.Repeat("a", 64) + ".de",
		"ß.example", "a.b\u0000.example", "https://shop.example", "ỻ.example", "shop..example", ".", "shop.example..",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		ascii, why := normalise(host)
		if why != "" {
			require.Empty(t, ascii)
			require.NotContains(t, why, "%!")
			return
		}
		require.True(t, tenants.IsHost(ascii), "%q", ascii)
		require.LessOrEqual(t, len(ascii), MaxHost)
		require.Equal(t, -1, strings.IndexFunc(ascii, func(c rune) bool { return c > unicode.MaxASCII || unicode.IsUpper(c) }), "%q", ascii)
		again, why := normalise(ascii)
		require.Empty(t, why, "%q of %q", ascii, host)
		require.Equal(t, ascii, again)
		u, err := url.Parse("https://" + ascii)
		require.NoError(t, err)
		require.Equal(t, ascii, u.Host)
		require.Nil(t, net.ParseIP(ascii))
		_, err = netip.ParseAddr(ascii)
		require.Error(t, err)
	})
}
