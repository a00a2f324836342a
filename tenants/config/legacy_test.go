package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/latchkeep/latchkeep/tenants/config"
)

func fromYAML(t *testing.T, text string) (config.Config, []string) {
	t.Helper()
	var values map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &values))
	c, warnings, problems := config.DecodeMap(config.Default(), values, config.Strict())
	require.Empty(t, problems)
	return c, warnings
}

func TestDecodeMap_TakesKeysOfOld(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]func(*config.Config){
		`server: {public: {cors: {allow_origins: ["https://a.example"], unsafe_wildcard_origin_allowed: true}}}`: func(c *config.Config) {
			c.CORS = config.CORS{AllowOrigins: []string{"https://a.example"}, UnsafeWildcardOriginAllowed: true}
		},
		`server: {cors: {allow_origins: "https://a.example"}}`:   func(c *config.Config) { c.CORS.AllowOrigins = []string{"https://a.example"} },
		`emails: {require_verification: false}`:                  func(c *config.Config) { c.Email.RequireVerification = false },
		`Emails: {Max_Num_Of_Addresses: 2}`:                      func(c *config.Config) { c.Email.Limit = 2 },
		`password: {min_password_length: 12}`:                    func(c *config.Config) { c.Password.MinLength = 12 },
		`passcode: {ttl: 60}`:                                    func(c *config.Config) { c.Email.PasscodeTTL = 60 },
		`passcode: {email: {from_address: a@b.c, from_name: A}}`: func(c *config.Config) { c.EmailDelivery.FromAddress, c.EmailDelivery.FromName = "a@b.c", "A" },
		`email_delivery: {email: {from_address: a@b.c}}`:         func(c *config.Config) { c.EmailDelivery.FromAddress = "a@b.c" },
		`passcode: {smtp: {host: h, port: 25, user: u, password: p}}`: func(c *config.Config) {
			c.EmailDelivery.SMTP = config.SMTP{Host: "h", Port: "25", User: "u", Password: "p", TLS: "opportunistic"}
		},
		`smtp: {host: h}`:                                                        func(c *config.Config) { c.EmailDelivery.SMTP.Host = "h" },
		`webauthn: {timeout: 5000}`:                                              func(c *config.Config) { c.WebAuthn.Timeouts = config.Timeouts{Registration: 5000, Login: 5000} },
		`webauthn: {user_verification: required}`:                                func(c *config.Config) { c.Passkey.UserVerification = "required" },
		`webauthn: {relying_party: {origin: "https://a.example"}}`:               func(c *config.Config) { c.WebAuthn.RelyingParty.Origins = []string{"https://a.example"} },
		`session: {server_side: {enabled: false, limit: 9}}`:                     func(*config.Config) {},
		`session: {server_side: {enabled: true, limit: 9}}`:                      func(c *config.Config) { c.Session.Limit = 9 },
		`server: {public: {cors: {max_age: 5}}, admin: {cors: {enabled: true}}}`: func(*config.Config) {},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()

			expected := config.Default()
			want(&expected)
			c, warnings := fromYAML(t, text)
			require.Equal(t, expected, c)
			require.NotEmpty(t, warnings)
		})
	}
}

func TestDecodeMap_KeyOfTodayWins(t *testing.T) {
	t.Parallel()

	c, warnings := fromYAML(t, `
emails: {require_verification: true, max_num_of_addresses: 9}
email: {require_verification: false}
smtp: {host: second}
passcode: {smtp: {host: third, user: u}}
email_delivery: {smtp: {user: first}}
session: {server_side: {enabled: true}, show_on_profile: false}
`)
	require.False(t, c.Email.RequireVerification)
	require.Equal(t, 9, c.Email.Limit)
	require.Equal(t, config.SMTP{Host: "second", Port: "465", User: "first", TLS: "opportunistic"}, c.EmailDelivery.SMTP)
	require.False(t, c.Session.ShowOnProfile)
	require.Equal(t, []string{
		"emails.require_verification is a key of old, use email.require_verification; it has no effect because that is set",
		"emails.max_num_of_addresses is a key of old, use email.limit",
		"smtp.host is a key of old, use email_delivery.smtp.host",
		"passcode.smtp.host is a key of old, use email_delivery.smtp.host; it has no effect because that is set",
		"passcode.smtp.user is a key of old, use email_delivery.smtp.user; it has no effect because that is set",
		"session.server_side.enabled is a key of old, use session.allow_revocation, session.acquire_ip_address, " +
			"session.acquire_user_agent, session.show_on_profile",
	}, warnings)
}

func TestDecodeMap_LeavesTheDocumentAlone(t *testing.T) {
	t.Parallel()

	values := map[string]any{"emails": map[string]any{"max_num_of_addresses": 2}, "email": map[string]any{}, "server": map[string]any{}}
	_, _, problems := config.DecodeMap(config.Default(), values)
	require.Empty(t, problems)
	require.Equal(t, map[string]any{"emails": map[string]any{"max_num_of_addresses": 2}, "email": map[string]any{}, "server": map[string]any{}}, values)
}

func TestDecodeMap_ReportsAnOldKeyOfTheWrongKindWhereItBelongsToday(t *testing.T) {
	t.Parallel()

	_, _, problems := config.DecodeMap(config.Default(), map[string]any{"passcode": map[string]any{"ttl": "soon"}, "email": "x", "smtp": map[string]any{"host": []any{}}})
	require.Equal(t, config.Problems{
		{Path: "email", Reason: "must be an object, not a text"},
		{Path: "email_delivery.smtp.host", Reason: "must be a text, not a list"},
	}, problems)
}
