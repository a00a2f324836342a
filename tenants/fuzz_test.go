package tenants_test

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
)

// FuzzSlugProblem chooses whatever slug: one that is taken is a label of a host name, and can be mistaken for nothing else in an address.
func FuzzSlugProblem(f *testing.F) {
	for _, seed := range []string{"shop", "", "-a", "a-", "xn--a", "A", "a.b", "a/b", "0193e3a4-0000-7000-8000-000000000001", "www", "a\n", "é", strings.Repeat("a", 64), "1"} {
		f.Add(seed)
	}
	addresses, err := tenants.NewAddresses("https://auth.example", "https://admin.example", false)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, slug string) {
		if tenants.SlugProblem(slug) != "" {
			return
		}
		require.LessOrEqual(t, len(slug), 63)
		_, err := uuid.Parse(slug)
		require.Error(t, err)
		u, err := url.Parse(addresses.Public(uuid.New(), slug))
		require.NoError(t, err)
		require.Equal(t, slug+".auth.example", u.Host)
		require.True(t, tenants.IsHost(u.Host))
		require.Equal(t, strings.ToLower(slug), slug)
	})
}

// FuzzIsHost looks for whatever host: what could be a tenant's is a name of the DNS, without port and never an IP address.
func FuzzIsHost(f *testing.F) {
	for _, seed := range []string{"shop.example", "127.0.0.1", "::1", "[::1]", "a", "a.b:80", "A.b", "a..b", ".a.b", "a.b.", "1.2.3", "0x7f.1", strings.Repeat("a.", 200) + "b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !tenants.IsHost(host) {
			return
		}
		require.Equal(t, strings.ToLower(host), host)
		require.Nil(t, net.ParseIP(host))
		u, err := url.Parse("https://" + host + "/")
		require.NoError(t, err)
		require.Equal(t, host, u.Hostname())
		require.Empty(t, u.Port())
	})
}
