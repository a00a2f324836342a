package webhook_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// names answers questions for names on loopback: every name below inside.example is this machine's, in one way or another.
func names(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
			header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}
			switch {
			case q.Type == dnsmessage.TypeA && strings.HasPrefix(q.Name.String(), "meta."):
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: [4]byte{169, 254, 169, 254}}}}
			case q.Type == dnsmessage.TypeA && strings.HasPrefix(q.Name.String(), "four."):
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
			case q.Type == dnsmessage.TypeAAAA && strings.HasPrefix(q.Name.String(), "six."):
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: [16]byte{15: 1}}}}
			case q.Type == dnsmessage.TypeAAAA && strings.HasPrefix(q.Name.String(), "mapped."):
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1}}}}
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func TestDelivery_ReachesNobodyInside(t *testing.T) {
	t.Parallel()

	var reached atomic.Int64
	inside := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	inside.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			reached.Add(1)
		}
	}
	listener, err := net.Listen("tcp", ":0") // every address of this machine
	require.NoError(t, err)
	inside.Listener = listener
	inside.Start()
	t.Cleanup(inside.Close)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)

	env := testenv.OnSQLite(t, testenv.WithResolver(names(t)), testenv.Plain())
	shop := env.Tenant(t, "shop")
	hosts := []string{
		"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.",
		"[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
		"0.0.0.0", "0", "[::]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "[fec0::1]",
		"[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255", "[ff02::1]", "[::ffff:169.254.169.254]",
		"four.inside.example", "six.inside.example", "mapped.inside.example", "meta.inside.example", "127.0.0.1%00.shop.example", "①②⑦.⓪.⓪.①",
	}
	if addresses, err := net.InterfaceAddrs(); err == nil { // its other names, too
		for _, a := range addresses {
			if ip, _, err := net.ParseCIDR(a.String()); err == nil && ip.To4() != nil && ip.IsPrivate() {
				hosts = append(hosts, ip.String())
			}
		}
	}
	subscribed := 0
	for _, scheme := range []string{"http", "https"} {
		for _, host := range hosts {
			callback := fmt.Sprintf("%s://%s:%s/hook", scheme, host, port)
			r := shop.Admin(t).Do(t, http.MethodPost, "/webhooks", map[string]any{"callback": callback, "events": []string{"user"}})
			if r.Status == http.StatusCreated {
				subscribed++
				var h hook
				r.JSON(t, &h)
				test := shop.Admin(t).Do(t, http.MethodPost, "/webhooks/"+h.ID.String()+"/test", nil)
				require.Equal(t, http.StatusOK, test.Status, "%s", test.Body)
				require.Contains(t, string(test.Body), `"status":0`, host)
				require.NotContains(t, string(test.Body), `"excerpt"`, host)
			}
		}
	}
	require.Greater(t, subscribed, 60)
	shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
	require.Eventually(t, func() bool { // some may have been tried again by the time that the last one is
		all := deliveries(t, shop)
		return len(all) == subscribed && !slices.ContainsFunc(all, func(d *ent.WebhookDelivery) bool { return d.Attempts == 0 || d.State != "waiting" })
	}, patience, 10*time.Millisecond)
	for _, d := range deliveries(t, shop) {
		require.NotEmpty(t, attemptsOf(t, d)[0]["error"])
		require.NotContains(t, attemptsOf(t, d)[0]["error"], "127.0.0.1", "an answer tells nothing of what a name leads to")
	}
	require.Zero(t, reached.Load(), "nobody was called")
}

func TestDelivery_ReachesWhatTheOperatorOpened(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Loopback(), testenv.Plain(), testenv.WithResolver(names(t)))
	shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
	subscribe(t, shop, strings.Replace(receiver.URL, "127.0.0.1", "four.inside.example", 1), "user")
	for range 3 {
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
	}
	receiver.Wait(t, 3)
	other := env.Tenant(t, "other")
	subscribe(t, other, strings.Replace(receiver.URL, "127.0.0.1", "six.inside.example", 1), "user")
	other.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
	require.Eventually(t, func() bool {
		all := deliveries(t, other)
		return len(all) == 1 && all[0].Attempts > 0 && all[0].State == "waiting"
	}, patience, 10*time.Millisecond)
	require.Len(t, receiver.Calls(), 3)
}
