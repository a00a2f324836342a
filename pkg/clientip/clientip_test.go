package clientip_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/clientip"
)

func TestIP_BelievesOnlyTrustedProxies(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	cases := []struct {
		name, kind, peer, want string
		forwarded              []string
		real                   string
	}{
		{"direct ignores headers", "direct", "192.0.2.1:99", "192.0.2.1", []string{"1.1.1.1"}, "1.1.1.1"},
		{"empty is direct", "", "192.0.2.1:99", "192.0.2.1", []string{"1.1.1.1"}, ""},
		{"real ip of a proxy", "x_real_ip", "10.0.0.1:99", "203.0.113.9", nil, "203.0.113.9"},
		{"real ip in brackets", "x_real_ip", "10.0.0.1:99", "2001:db8::1", nil, "[2001:db8::1]"},
		{"real ip of a stranger", "x_real_ip", "192.0.2.1:99", "192.0.2.1", nil, "203.0.113.9"},
		{"real ip is garbage", "x_real_ip", "10.0.0.1:99", "10.0.0.1", nil, "kim"},
		{"a private peer is not trusted by itself", "x_real_ip", "172.16.0.1:99", "172.16.0.1", nil, "203.0.113.9"},
		{"no header", "x_forwarded_for", "10.0.0.1:99", "10.0.0.1", nil, ""},
		{"one hop", "x_forwarded_for", "10.0.0.1:99", "203.0.113.9", []string{"203.0.113.9"}, ""},
		{"what the client made up is left of it", "x_forwarded_for", "10.0.0.1:99", "203.0.113.9", []string{"1.1.1.1, 203.0.113.9, 10.0.0.2"}, ""},
		{"several headers", "x_forwarded_for", "10.0.0.1:99", "203.0.113.9", []string{"1.1.1.1", "203.0.113.9"}, ""},
		{"all trusted", "x_forwarded_for", "10.0.0.1:99", "10.0.0.3", []string{"10.0.0.3, 10.0.0.2"}, ""},
		{"garbage in between", "x_forwarded_for", "10.0.0.1:99", "10.0.0.1", []string{"203.0.113.9, kim, 10.0.0.2"}, ""},
		{"a stranger forwards", "x_forwarded_for", "192.0.2.1:99", "192.0.2.1", []string{"203.0.113.9"}, ""},
		{"mapped", "direct", "[::ffff:192.0.2.1]:99", "192.0.2.1", nil, ""},
		{"unknown way", "x_magic", "10.0.0.1:99", "10.0.0.1", []string{"1.1.1.1"}, "1.1.1.1"},
		{"loopback is not trusted by itself", "x_forwarded_for", "127.0.0.1:99", "127.0.0.1", []string{"203.0.113.9"}, ""},
		{"link-local is not trusted by itself", "x_forwarded_for", "[fe80::1%eth0]:99", "fe80::1", []string{"203.0.113.9"}, ""},
		{"a private hop is not trusted by itself", "x_forwarded_for", "10.0.0.1:99", "192.168.1.1", []string{"203.0.113.9, 192.168.1.1"}, ""},
		{"entry with port", "x_forwarded_for", "10.0.0.1:99", "203.0.113.9", []string{"1.1.1.1, 203.0.113.9:4711"}, ""},
		{"IPv6 entry with port", "x_forwarded_for", "[fd00::1]:99", "2001:db8::1", []string{"1.1.1.1, [2001:db8::1]:4711, [fd00::2]"}, ""},
		{"IPv6 entry in brackets", "x_forwarded_for", "10.0.0.1:99", "2001:db8::1", []string{"\t[2001:db8::1] "}, ""},
		{"mapped entry of a proxy", "x_forwarded_for", "[::ffff:10.0.0.1]:99", "203.0.113.9", []string{"203.0.113.9,::ffff:10.0.0.2"}, ""},
		{"entry with zone", "x_forwarded_for", "10.0.0.1:99", "2001:db8::1", []string{"2001:db8::1%25eth0"}, ""},
		{"empty entry", "x_forwarded_for", "10.0.0.1:99", "10.0.0.1", []string{"203.0.113.9,,10.0.0.2"}, ""},
		{"empty header", "x_forwarded_for", "10.0.0.1:99", "10.0.0.1", []string{""}, ""},
		{"trailing comma", "x_forwarded_for", "10.0.0.1:99", "10.0.0.1", []string{"203.0.113.9,"}, ""},
		{"garbage left of the answer", "x_forwarded_for", "10.0.0.1:99", "203.0.113.9", []string{"unknown, _hidden, 203.0.113.9"}, ""},
		{"a name is garbage", "x_forwarded_for", "10.0.0.1:99", "10.0.0.1", []string{"client.example"}, ""},
		{"leading zeros are garbage", "x_real_ip", "10.0.0.1:99", "10.0.0.1", nil, "010.0.0.1"},
		{"a list is no real ip", "x_real_ip", "10.0.0.1:99", "10.0.0.1", nil, "203.0.113.9, 1.1.1.1"},
		{"no peer", "x_forwarded_for", "@", "invalid IP", []string{"203.0.113.9"}, ""},
		{"peer without port", "direct", "192.0.2.1", "192.0.2.1", nil, ""},
		{"zone", "direct", "[fe80::1%eth0]:99", "fe80::1", nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			for _, v := range c.forwarded {
				r.Header.Add("X-Forwarded-For", v)
			}
			if c.real != "" {
				r.Header.Set("X-Real-IP", c.real)
			}
			require.Equal(t, c.want, clientip.NewExtractor(c.kind, proxies).IP(r).String())
		})
	}
}

func TestLimitKey_CountsAnIPv6NetworkAsOne(t *testing.T) {
	t.Parallel()
	require.Equal(t, clientip.LimitKey(netip.MustParseAddr("2001:db8:1:2::1")), clientip.LimitKey(netip.MustParseAddr("2001:db8:1:2:ffff::9")))
	require.NotEqual(t, clientip.LimitKey(netip.MustParseAddr("2001:db8:1:2::1")), clientip.LimitKey(netip.MustParseAddr("2001:db8:1:3::1")))
	require.Equal(t, "2001:db8:1:2::/64", clientip.LimitKey(netip.MustParseAddr("2001:db8:1:2::1%eth0")))
	require.Equal(t, "192.0.2.1", clientip.LimitKey(netip.MustParseAddr("192.0.2.1")))
	require.Equal(t, "192.0.2.1", clientip.LimitKey(netip.MustParseAddr("::ffff:192.0.2.1")), "mapped addresses do not share one network")
	require.Equal(t, "unknown", clientip.LimitKey(netip.Addr{}))
}

func TestIP_OfTwoRealIPsNoneIsBelieved(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.1:99"
	r.Header["X-Real-Ip"] = []string{"1.1.1.1", "203.0.113.9"}
	require.Equal(t, "10.0.0.1", clientip.NewExtractor("x_real_ip", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}).IP(r).String())
}

func TestNewExtractor_UnderstandsNetworksInEveryForm(t *testing.T) {
	t.Parallel()
	for _, trusted := range []string{"10.0.0.0/8", "10.1.2.3/8", "::ffff:10.0.0.0/104"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "10.0.0.1:99"
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		require.Equal(t, "203.0.113.9", clientip.NewExtractor("x_forwarded_for", []netip.Prefix{netip.MustParsePrefix(trusted)}).IP(r).String(), trusted)
	}
}

func FuzzIP(f *testing.F) {
	f.Add("10.0.0.1:99", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9")
	f.Add("[fd00::1%eth0]:99", "[::1]:9,,", "[::]")
	f.Add("192.0.2.1:99", "10.0.0.1", "kim")
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	f.Fuzz(func(t *testing.T, peer, forwarded, real string) {
		ip := func(kind string) netip.Addr {
			r := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {forwarded}, "X-Real-Ip": {real}}}
			got := clientip.NewExtractor(kind, proxies).IP(r)
			require.Empty(t, got.Zone())
			require.False(t, got.Is4In6())
			require.NotEmpty(t, clientip.LimitKey(got))
			return got
		}
		direct := ip(clientip.Direct)
		trusted := proxies[0].Contains(direct) || proxies[1].Contains(direct)
		if !trusted {
			require.Equal(t, direct, ip(clientip.XForwardedFor), "a stranger's header is never read")
			require.Equal(t, direct, ip(clientip.XRealIP))
			return
		}
		require.True(t, ip(clientip.XForwardedFor).IsValid())
		require.True(t, ip(clientip.XRealIP).IsValid())
	})
}

func BenchmarkIP(b *testing.B) {
	e := clientip.NewExtractor("x_forwarded_for", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.1:99"
	r.Header.Set("X-Forwarded-For", strings.Repeat("1.1.1.1, ", 5000)+"203.0.113.9, 10.0.0.2")
	b.ReportAllocs()
	for b.Loop() {
		if !e.IP(r).IsValid() {
			b.Fatal("no address")
		}
	}
}
