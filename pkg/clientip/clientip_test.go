package clientip_test

import (
	"net/http/httptest"
	"net/netip"
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
	require.Equal(t, "192.0.2.1", clientip.LimitKey(netip.MustParseAddr("192.0.2.1")))
}
