package safehttp_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

func TestClient_NeverReachesThisMachineOrItsNetworks(t *testing.T) {
	t.Parallel()
	hits := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits++ }))
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	client := safehttp.NewClient(safehttp.NewDialer(safehttp.Options{}), 5*time.Second)
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "172.16.0.1", "192.168.0.1",
		"169.254.169.254", "100.64.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00::1]", "224.0.0.1", "255.255.255.255",
	} {
		_, err := client.Get("http://" + host + port)
		require.ErrorIs(t, err, safehttp.ErrForbiddenAddress, host)
	}
	require.Zero(t, hits)
}

func TestClient_ReachesWhatTheOperatorOpened(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	t.Cleanup(server.Close)
	for _, o := range []safehttp.Options{
		{AllowLoopback: true}, {AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, {Unguarded: true},
	} {
		response, err := safehttp.NewClient(safehttp.NewDialer(o), 5*time.Second).Get(server.URL)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusFound, response.StatusCode) // not followed
	}
}

func TestReadLimited_RefusesMore(t *testing.T) {
	t.Parallel()
	body, err := safehttp.ReadLimited(strings.NewReader("12345"), 5)
	require.NoError(t, err)
	require.Len(t, body, 5)
	_, err = safehttp.ReadLimited(strings.NewReader("123456"), 5)
	require.ErrorIs(t, err, safehttp.ErrTooLarge)
}
