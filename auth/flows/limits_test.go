package flows_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// behindProxy believes the header of proxies on this machine.
func behindProxy() []testenv.Option {
	return []testenv.Option{
		testenv.With("server.ip.extractor", "x_forwarded_for"), testenv.With("server.ip.trusted_proxies", "127.0.0.0/8"),
	}
}

// mailTo asks for a mail with a code from an address of the network and returns the answer.
func mailTo(t *testing.T, shop *testenv.Tenant, ip, address string) testenv.State {
	t.Helper()
	c := shop.Client()
	if ip != "" {
		c = c.With("X-Forwarded-For", ip)
	}
	f := c.Flow(t, "login")
	f.Do(t, "register_client_capabilities")
	return f.Do(t, "continue_with_login_identifier", testenv.Inputs{"email": address})
}

const codes = `{"password": {"enabled": false}, "mfa": {"enabled": false}, "passkey": {"enabled": false}}`

func TestLimits_CountEachClient(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, behindProxy()...)
	shop := env.Tenant(t, "shop", codes)
	exhaust := func(ip string) {
		for range 3 {
			require.Equal(t, 200, mailTo(t, shop, ip, "kim@shop.example").Status, ip)
		}
		require.Equal(t, 429, mailTo(t, shop, ip, "kim@shop.example").Status, ip)
	}
	exhaust("192.0.2.1")
	exhaust("192.0.2.2")
	exhaust("2001:db8:1:2::1")
	require.Equal(t, 429, mailTo(t, shop, "2001:db8:1:2:ffff::9", "kim@shop.example").Status, "whoever has one address of a network has all")
	require.Equal(t, 200, mailTo(t, shop, "2001:db8:1:3::1", "kim@shop.example").Status)
	require.Equal(t, 429, mailTo(t, shop, "203.0.113.9, 192.0.2.1", "kim@shop.example").Status, "what a client puts before the proxy's word is not believed")
	require.Equal(t, 200, mailTo(t, shop, "192.0.2.1", "lee@shop.example").Status, "another address is another count")
}

func TestLimits_AClientCannotChooseItsAddress(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t) // no proxy
	shop := env.Tenant(t, "shop", codes)
	for i := range 3 {
		require.Equal(t, 200, mailTo(t, shop, fmt.Sprintf("192.0.2.%d", i), "kim@shop.example").Status)
	}
	require.Equal(t, 429, mailTo(t, shop, "192.0.2.77", "kim@shop.example").Status)
}

func TestLimits_ManyClientsCannotShareAnAccount(t *testing.T) {
	t.Parallel()

	for name, options := range map[string][]testenv.Option{"in memory": nil, "in Redis": {testenv.WithRedis()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := testenv.OnSQLite(t, append(behindProxy(), options...)...)
			shop, bank := env.Tenant(t, "shop", codes), env.Tenant(t, "bank", codes)
			var last testenv.State
			for i := range 40 {
				if last = mailTo(t, shop, fmt.Sprintf("198.51.100.%d", i), "kim@shop.example"); last.Status != 200 {
					require.Equal(t, 30, i, "mails an hour")
					break
				}
			}
			require.Equal(t, 429, last.Status)
			require.Equal(t, "rate_limit_exceeded", last.Refusal())
			var wait int
			require.NoError(t, json.Unmarshal(last.Payload["resend_after"], &wait))
			header, err := strconv.Atoi(last.Response.Header.Get("Retry-After"))
			require.NoError(t, err)
			require.Positive(t, header)
			require.InDelta(t, wait, header, 1, "rounded down for the client, up in the header")
			require.LessOrEqual(t, wait, 3600)
			require.Equal(t, 200, mailTo(t, bank, "198.51.100.1", "kim@shop.example").Status, "another tenant counts for itself")
		})
	}
}

func TestLimits_CanBeSwitchedOff(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.With("rate_limiter.enabled", "false"))
	shop := env.Tenant(t, "shop", codes)
	for range 40 {
		require.Equal(t, 200, mailTo(t, shop, "", "kim@shop.example").Status)
	}
}
