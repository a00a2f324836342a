package safehttp_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

func TestAllowsPlain_OnlyInsideAndOnlyWhereInsideIsOpen(t *testing.T) {
	t.Parallel()

	inside := []string{"10.1.2.3", "::ffff:10.1.2.3", "localhost", "hooks", "hooks.default.svc", "hooks.default.svc.cluster.local", "a.internal", "A.Test."}
	outside := []string{"", "shop.example", "8.8.8.8", "11.0.0.1", "localhost.example", "internal.example", "10.1.2.3.example"}
	closed, open := safehttp.Options{}, safehttp.Options{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for _, host := range inside {
		require.False(t, closed.AllowsPlain(host), host)
		require.True(t, open.AllowsPlain(host), host)
	}
	for _, host := range outside {
		require.False(t, closed.AllowsPlain(host), host)
		require.False(t, open.AllowsPlain(host), host)
		require.True(t, safehttp.Options{AllowLoopback: true}.AllowsPlain(host), "in development")
	}
}
