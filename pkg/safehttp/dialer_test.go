package safehttp

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listen accepts connections on an address of this machine and counts them.
func listen(t *testing.T, network, address string) (port string, hits *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("no %s on this machine: %v", address, err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	hits = &atomic.Int64{}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			hits.Add(1)
			_ = connection.Close()
		}
	}()
	_, port, err = net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port, hits
}

func TestDialer_NeverReachesThisMachineByAnyName(t *testing.T) {
	t.Parallel()
	port4, hits4 := listen(t, "tcp4", "0.0.0.0:0")
	port6, hits6 := listen(t, "tcp6", "[::1]:0")
	d := NewDialer(Options{})
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "localhost", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:7f00:1", "::", "::1", "::ffff:0.0.0.0",
	} {
		for _, port := range []string{port4, port6} {
			for _, network := range []string{"tcp", "tcp4", "tcp6"} {
				connection, err := d.DialContext(t.Context(), network, net.JoinHostPort(host, port))
				if err == nil {
					_ = connection.Close()
				}
				require.Error(t, err, "%s %s", network, host)
			}
			_, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
			require.ErrorIs(t, err, ErrForbiddenAddress, host)
		}
	}
	require.Zero(t, hits4.Load())
	require.Zero(t, hits6.Load())
}

func TestDialer_ReachesWhatTheOperatorOpened(t *testing.T) {
	t.Parallel()
	port, hits := listen(t, "tcp4", "127.0.0.1:0")
	for i, o := range []Options{
		{AllowLoopback: true}, {AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, {Unguarded: true},
	} {
		connection, err := NewDialer(o).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
		require.NoError(t, err)
		_ = connection.Close()
		require.Eventually(t, func() bool { return hits.Load() == int64(i+1) }, 30*time.Second, time.Millisecond)
	}
	_, err := NewDialer(Options{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
	require.ErrorIs(t, err, ErrForbiddenAddress, "only what was opened")
	_, err = NewDialer(Options{AllowLoopback: true}).DialContext(t.Context(), "tcp", "10.0.0.1:"+port)
	require.ErrorIs(t, err, ErrForbiddenAddress, "development opens this machine only")
}

func TestDialer_SpeaksNothingButTCP(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"udp", "udp4", "unix", "ip4:icmp"} {
		_, err := NewDialer(Options{AllowLoopback: true}).DialContext(t.Context(), network, "127.0.0.1:9")
		require.Error(t, err, network)
	}
}

// A name server that says one thing first and another later must not get a connection to the second answer.
func TestDialer_ChecksTheAddressThatIsDialled(t *testing.T) {
	t.Parallel()
	port, hits := listen(t, "tcp4", "127.0.0.1:0")
	for name, answers := range map[string][]string{
		"one address inside":  {"127.0.0.1"},
		"several inside":      {"10.0.0.1", "127.0.0.1", "169.254.169.254"},
		"inside after others": {"192.0.2.1", "127.0.0.1"},
	} {
		d := NewDialer(Options{Resolver: resolver(t, answers...)})
		_, err := d.DialContext(t.Context(), "tcp4", "rebind.example.:"+port)
		require.ErrorIs(t, err, ErrForbiddenAddress, name)
	}
	require.Zero(t, hits.Load())

	connection, err := NewDialer(Options{AllowLoopback: true, Resolver: resolver(t, "10.0.0.1", "127.0.0.1")}).
		DialContext(t.Context(), "tcp4", "mixed.example.:"+port)
	require.NoError(t, err, "addresses that may not be reached are passed over")
	_ = connection.Close()
}

func TestDialer_DoesNotTellWhereANamePointed(t *testing.T) {
	t.Parallel()
	_, err := NewDialer(Options{Resolver: resolver(t, "10.1.2.3")}).DialContext(t.Context(), "tcp4", "inside.example.:80")
	require.ErrorIs(t, err, ErrForbiddenAddress)
	require.NotContains(t, err.Error(), "10.1.2.3")
	require.Contains(t, err.Error(), "inside.example")
}

// resolver answers every question for an A record with the addresses.
func resolver(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		question := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(question)
			if err != nil {
				return
			}
			end := 12
			for question[end] != 0 {
				end += int(question[end]) + 1
			}
			kind := binary.BigEndian.Uint16(question[end+1:])
			end += 5
			answer := append([]byte(nil), question[:min(end, n)]...)
			answer[2], answer[3] = 0x84, 0
			copy(answer[6:12], make([]byte, 6))
			if kind == 1 {
				binary.BigEndian.PutUint16(answer[6:], uint16(len(addresses)))
				for _, a := range addresses {
					ip := netip.MustParseAddr(a).As4()
					answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
					answer = append(answer, ip[:]...)
				}
			}
			_, _ = server.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp4", server.LocalAddr().String())
	}}
}

func TestPublic_KnowsTheSpecialAddresses(t *testing.T) {
	t.Parallel()
	for _, inside := range []string{
		"0.0.0.0", "0.1.2.3", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.255.255", "168.63.129.16",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.255.255", "198.18.0.1", "198.19.255.255",
		"198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1",
		"2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:0a00:1::1", "3fff::1", "5f00::1",
		"fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "4000::1",
	} {
		require.False(t, NewDialer(Options{}).allows(netip.MustParseAddr(inside)), inside)
	}
	require.False(t, NewDialer(Options{}).allows(netip.MustParseAddr("fe80::1%eth0")))
	require.False(t, NewDialer(Options{}).allows(netip.Addr{}))
	for _, outside := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "168.63.129.15", "172.15.255.255",
		"172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
		"2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "::ffff:8.8.8.8",
	} {
		require.True(t, NewDialer(Options{}).allows(netip.MustParseAddr(outside)), outside)
	}
}
