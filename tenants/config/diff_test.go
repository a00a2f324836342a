package config_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestDiff_HasOnlyWhatDiffers(t *testing.T) {
	t.Parallel()

	base := config.Default()
	require.JSONEq(t, `{}`, string(config.Diff(base, base)))

	c := base
	c.Session.Cookie.Name = "<s>"
	c.Session.IdleTimeout = config.Duration(90 * time.Second)
	c.CORS.AllowOrigins = []string{}
	c.Webhooks.Hooks = []config.Hook{{Callback: "https://a"}}
	c.Session.JWTTemplate.Claims = map[string]any{"b": 1, "a": nil}
	require.Equal(t, `{"cors":{"allow_origins":[]},"session":{"cookie":{"name":"\u003cs\u003e"},"idle_timeout":"1m30s",`+
		`"jwt_template":{"claims":{"a":null,"b":1}}},"webhooks":{"hooks":[{"callback":"https://a","events":[]}]}}`, string(config.Diff(base, c)))
}

func TestDiff_NilIsEmpty(t *testing.T) {
	t.Parallel()

	base := config.Default()
	c := base
	c.Session.Audience, c.ThirdParty.CustomProviders, c.Session.JWTTemplate.Claims = nil, nil, nil
	require.JSONEq(t, `{}`, string(config.Diff(base, c)))
	c.CORS.AllowOrigins = nil
	require.JSONEq(t, `{"cors":{"allow_origins":[]}}`, string(config.Diff(base, c)))
}

func TestApply_RestoresWhatDiffSaid(t *testing.T) {
	t.Parallel()

	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		base := config.ForPublicURL("https://auth.shop.example")
		if seed%3 == 0 {
			base = randomConfig(r)
			settle(&base)
		}
		c := randomConfig(r)
		settle(&c)
		diff := config.Diff(base, c)
		got, err := config.Apply(base, diff)
		require.NoError(t, err, "seed %d", seed)
		require.Equal(t, string(config.Diff(config.Default(), c)), string(config.Diff(config.Default(), got)), "seed %d", seed)
		require.Equal(t, c, got, "seed %d", seed)
		require.Equal(t, string(diff), string(config.Diff(base, got)), "seed %d", seed)
		require.Empty(t, config.Changes(c, got), "seed %d", seed)
	}
}

// settle gives a configuration the form that the decoder leaves, see its normalise.
func settle(c *config.Config) {
	if c.Email.PasscodeCharset == "" {
		c.Email.PasscodeCharset = "numeric"
	}
}

func TestApply_ReadsTheCompatibleForm(t *testing.T) {
	t.Parallel()

	for seed := range uint64(100) {
		c := randomConfig(rand.New(rand.NewPCG(seed, 2)))
		settle(&c)
		raw, err := config.MarshalCompatible(c)
		require.NoError(t, err)
		got, err := config.Apply(config.Default(), raw)
		require.NoError(t, err)
		require.Equal(t, c, got, "seed %d", seed)
	}
}

func TestApply_ReportsWhatCannotBeRead(t *testing.T) {
	t.Parallel()

	_, err := config.Apply(config.Default(), []byte(`{"session":{"limit":"x"}}`))
	var problems config.Problems
	require.ErrorAs(t, err, &problems)
	require.Equal(t, "session.limit", problems[0].Path)
}

func TestMarshalCompatible_WritesTheJWTTemplateOnlyWhenThereIsOne(t *testing.T) {
	t.Parallel()

	c := config.Default()
	raw, err := config.MarshalCompatible(c)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "jwt_template")
	c.Session.JWTTemplate.Claims = map[string]any{"role": "x"}
	raw, err = config.MarshalCompatible(c)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"jwt_template":{"claims":{"role":"x"}}`)
}

func TestChanges_AreReadableAndTellNoSecret(t *testing.T) {
	t.Parallel()

	before := decode(t, `{"session":{"limit":5,"jwt_template":{"claims":{"a":1,"b":2}}},"email_delivery":{"smtp":{"password":"old-secret"}},
		"secrets":{"keys":["old-secret-0123456789"]},
		"third_party":{"custom_providers":{"gone":{"secret":"old-secret"},"kept":{"secret":"old-secret","issuer":"a"}}}}`)
	after := decode(t, `{"session":{"limit":6,"jwt_template":{"claims":{"a":1,"c":{"x":[1]}}}},"email_delivery":{"smtp":{"password":"new-secret"}},
		"secrets":{"keys":["new-secret-0123456789","new-secret-9876543210"]},"mfa":{"device_trust_duration":"1h"},
		"third_party":{"providers":{"apple":{"secret":"new-secret"}},"custom_providers":{"kept":{"secret":"old-secret","issuer":"b"}}}}`)
	changes := config.Changes(before, after)
	gone, ok := changes[7].Old.(map[string]any)
	require.True(t, ok)
	require.Equal(t, config.Placeholder, gone["secret"])
	changes[7].Old = "gone"
	require.Equal(t, []config.Change{
		{Path: "email_delivery.smtp.password", Old: config.Placeholder, New: config.Placeholder},
		{Path: "mfa.device_trust_duration", Old: "720h", New: "1h"},
		{Path: "secrets.keys", Old: []any{config.Placeholder}, New: []any{config.Placeholder, config.Placeholder}},
		{Path: "session.limit", Old: 5, New: 6},
		{Path: "session.jwt_template.claims.b", Old: int64(2), New: nil},
		{Path: "session.jwt_template.claims.c", Old: nil, New: map[string]any{"x": []any{int64(1)}}},
		{Path: "third_party.providers.apple.secret", Old: "", New: config.Placeholder},
		{Path: "third_party.custom_providers.gone", Old: "gone", New: nil},
		{Path: "third_party.custom_providers.kept.issuer", Old: "a", New: "b"},
	}, changes)
}

func TestDuration_TextIsShort(t *testing.T) {
	t.Parallel()

	for want, d := range map[string]time.Duration{
		"0s": 0, "12h": 12 * time.Hour, "30m": 30 * time.Minute, "90h0m1s": 90*time.Hour + time.Second, "1h30m": 90 * time.Minute,
		"10s": 10 * time.Second, "20m10s": 20*time.Minute + 10*time.Second, "1.5s": 1500 * time.Millisecond, "-2h": -2 * time.Hour, "1ns": 1,
	} {
		require.Equal(t, want, config.Duration(d).String())
		back, problems := config.Decode(config.Default(), []byte(`{"session":{"lifespan":"`+want+`"}}`))
		require.Empty(t, problems)
		require.Equal(t, d, back.Session.Lifespan.Std())
	}
}
