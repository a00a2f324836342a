package config_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestDecode_ReadsWhatMeansTheSame(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		in   string
		want func(*config.Config)
	}{
		"nothing":                  {``, func(*config.Config) {}},
		"null":                     {`null`, func(*config.Config) {}},
		"an empty object":          {`{}`, func(*config.Config) {}},
		"an empty section":         {`{"session":null}`, func(*config.Config) {}},
		"null for a value":         {`{"session":{"limit":null}}`, func(*config.Config) {}},
		"an unknown key":           {`{"sesion":{"limit":1},"session":{"limt":1}}`, func(*config.Config) {}},
		"one leaf":                 {`{"session":{"limit":9}}`, func(c *config.Config) { c.Session.Limit = 9 }},
		"any case":                 {`{"WEBAUTHN":{"Relying_Party":{"ID":"x"}}}`, func(c *config.Config) { c.WebAuthn.RelyingParty.ID = "x" }},
		"exact before any case":    {`{"Session":{"limit":1},"session":{"LIMIT":2,"limit":3}}`, func(c *config.Config) { c.Session.Limit = 3 }},
		"underscores count":        {`{"session":{"idletimeout":"1h"}}`, func(*config.Config) {}},
		"a list replaces":          {`{"cors":{"allow_origins":["a","b"]}}`, func(c *config.Config) { c.CORS.AllowOrigins = []string{"a", "b"} }},
		"an empty list":            {`{"cors":{"allow_origins":[]}}`, func(c *config.Config) { c.CORS.AllowOrigins = []string{} }},
		"one element":              {`{"cors":{"allow_origins":"a,b"}}`, func(c *config.Config) { c.CORS.AllowOrigins = []string{"a,b"} }},
		"one hook":                 {`{"webhooks":{"hooks":{"callback":"c"}}}`, func(c *config.Config) { c.Webhooks.Hooks = []config.Hook{{Callback: "c", Events: []string{}}} }},
		"an empty object as list":  {`{"webhooks":{"hooks":{}}}`, func(*config.Config) {}},
		"number to text":           {`{"email_delivery":{"smtp":{"port":5432}}}`, func(c *config.Config) { c.EmailDelivery.SMTP.Port = "5432" }},
		"fraction to text":         {`{"service":{"name":1.50}}`, func(c *config.Config) { c.Service.Name = "1.50" }},
		"boolean to text":          {`{"service":{"name":true}}`, func(c *config.Config) { c.Service.Name = "true" }},
		"text to number":           {`{"session":{"limit":"12"}}`, func(c *config.Config) { c.Session.Limit = 12 }},
		"hexadecimal text":         {`{"session":{"limit":"0x10"}}`, func(c *config.Config) { c.Session.Limit = 16 }},
		"empty text to number":     {`{"session":{"limit":""}}`, func(c *config.Config) { c.Session.Limit = 0 }},
		"a whole fraction":         {`{"session":{"limit":7.0}}`, func(c *config.Config) { c.Session.Limit = 7 }},
		"1 is true":                {`{"username":{"enabled":1}}`, func(c *config.Config) { c.Username.Enabled = true }},
		"0 is false":               {`{"password":{"enabled":0}}`, func(c *config.Config) { c.Password.Enabled = false }},
		"T is true":                {`{"username":{"enabled":"T"}}`, func(c *config.Config) { c.Username.Enabled = true }},
		"False is false":           {`{"password":{"enabled":"False"}}`, func(c *config.Config) { c.Password.Enabled = false }},
		"empty text is false":      {`{"password":{"enabled":""}}`, func(c *config.Config) { c.Password.Enabled = false }},
		"a duration":               {`{"session":{"lifespan":"1h30m"}}`, func(c *config.Config) { c.Session.Lifespan = config.Duration(90 * time.Minute) }},
		"a negative duration":      {`{"session":{"lifespan":"-1s"}}`, func(c *config.Config) { c.Session.Lifespan = config.Duration(-time.Second) }},
		"nanoseconds":              {`{"mfa":{"device_trust_duration":60}}`, func(c *config.Config) { c.MFA.DeviceTrustDuration = 60 }},
		"nanoseconds, large":       {`{"mfa":{"device_trust_duration":2592000000000000}}`, func(*config.Config) {}},
		"a charset left empty":     {`{"email":{"passcode_charset":""}}`, func(*config.Config) {}},
		"the slash of an endpoint": {`{"saml":{"endpoint_url":"https://a//"}}`, func(c *config.Config) { c.SAML.EndpointURL = "https://a/" }},
		"claims are kept verbatim": {`{"session":{"jwt_template":{"claims":{"A.b":[1,1.5,"x",null,{"c":true}],"n":null}}}}`, func(c *config.Config) {
			c.Session.JWTTemplate.Claims = map[string]any{"A.b": []any{int64(1), 1.5, "x", nil, map[string]any{"c": true}}, "n": nil}
		}},
		"names of providers are lower-cased": {
			`{"third_party":{"custom_providers":{"AcMe":{"attribute_mapping":{"Sub.Id":"X"}},"none":null}}}`,
			func(c *config.Config) {
				c.ThirdParty.CustomProviders = map[string]config.CustomProvider{
					"acme": {Scopes: []string{}, ACRValues: []string{}, AttributeMapping: map[string]string{"Sub.Id": "X"}},
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			want := config.Default()
			test.want(&want)
			got, problems := config.Decode(config.Default(), []byte(test.in))
			require.Empty(t, problems)
			require.Equal(t, want, got)
		})
	}
}

func TestDecode_ReportsWhatItCannotRead(t *testing.T) {
	t.Parallel()

	for in, want := range map[string]config.Problem{
		`{"session":`:                                  {Reason: "is not valid JSON: unexpected EOF"},
		`{} {}`:                                        {Reason: "is not valid JSON: something follows the value"},
		`[]`:                                           {Reason: "must be an object, not a list"},
		`{"session":"x"}`:                              {Path: "session", Reason: "must be an object, not a text"},
		`{"password":{"enabled":"yes"}}`:               {Path: "password.enabled", Reason: "must be true or false, not another text"},
		`{"password":{"enabled":[]}}`:                  {Path: "password.enabled", Reason: "must be true or false, not a list"},
		`{"password":{"min_length":true}}`:             {Path: "password.min_length", Reason: "must be a whole number, not a boolean"},
		`{"password":{"min_length":"8 "}}`:             {Path: "password.min_length", Reason: "must be a whole number, not another text"},
		`{"password":{"min_length":8.5}}`:              {Path: "password.min_length", Reason: "must be a whole number that is not too large"},
		`{"password":{"min_length":1e30}}`:             {Path: "password.min_length", Reason: "must be a whole number that is not too large"},
		`{"service":{"name":{}}}`:                      {Path: "service.name", Reason: "must be a text, not an object"},
		`{"service":{"name":"a\u0000"}}`:               {Path: "service.name", Reason: "must not hold the character NUL"},
		`{"session":{"lifespan":"bogus"}}`:             {Path: "session.lifespan", Reason: `"bogus" is not a duration such as 90s, 30m or 1h30m`},
		`{"session":{"idle_timeout":"bogus"}}`:         {Path: "session.idle_timeout", Reason: `"bogus" is not a duration such as 90s, 30m or 1h30m`},
		`{"session":{"idle_timeout":""}}`:              {Path: "session.idle_timeout", Reason: `"" is not a duration such as 90s, 30m or 1h30m`},
		`{"session":{"lifespan":true}}`:                {Path: "session.lifespan", Reason: "must be a duration such as 90s, 30m or 1h30m, not a boolean"},
		`{"webhooks":{"hooks":["x"]}}`:                 {Path: "webhooks.hooks[0]", Reason: "must be an object, not a text"},
		`{"cors":{"allow_origins":["x",null]}}`:        {Path: "cors.allow_origins[1]", Reason: "must not be null"},
		`{"cors":{"allow_origins":["x",{}]}}`:          {Path: "cors.allow_origins[1]", Reason: "must be a text, not an object"},
		`{"third_party":{"custom_providers":[]}}`:      {Path: "third_party.custom_providers", Reason: "must be an object, not a list"},
		`{"third_party":{"custom_providers":{"a":1}}}`: {Path: "third_party.custom_providers.a", Reason: "must be an object, not a number"},
		`{"session":{"jwt_template":{"claims":"x"}}}`:  {Path: "session.jwt_template.claims", Reason: "must be an object, not a text"},
		`{"session":{"jwt_template":{"claims":{"a":"\u0000"}}}}`: {
			Path: "session.jwt_template.claims.a", Reason: "must not hold the character NUL",
		},
		`{"session":{"jwt_template":{"claims":{"\u0000":1}}}}`: {
			Path: "session.jwt_template.claims", Reason: "the names in it must not hold the character NUL",
		},
		`{"third_party":{"custom_providers":{"a":{},"A":{}}}}`: {
			Path: "third_party.custom_providers.a", Reason: "is there twice: names of providers are lower-cased",
		},
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()

			_, problems := config.Decode(config.Default(), []byte(in))
			require.Equal(t, config.Problems{want}, problems)
		})
	}
}

func TestDecode_ReportsEverythingAndReadsTheRest(t *testing.T) {
	t.Parallel()

	c, problems := config.Decode(config.Default(), []byte(`{"session":{"limit":"x","issuer":"me"},"email":{"enabled":"no","limit":3}}`))
	require.Len(t, problems, 2)
	require.Equal(t, "me", c.Session.Issuer)
	require.Equal(t, 3, c.Email.Limit)
	require.EqualError(t, problems, "email.enabled: must be true or false, not another text; session.limit: must be a whole number, not another text")
}

func TestDecode_NeverTellsASecret(t *testing.T) {
	t.Parallel()

	for _, in := range []string{
		`{"email_delivery":{"smtp":{"password":["hunter22hunter22"]}}}`, `{"secrets":{"keys":[["hunter22hunter22"]]}}`,
		`{"secrets":{"keys":{"a":"hunter22hunter22"}}}`, `{"secrets":{"keys":["hunter22"]}}`,
		`{"third_party":{"providers":{"apple":{"secret":{"x":"hunter22hunter22"}}}}}`,
	} {
		c, problems := config.Decode(config.Default(), []byte(in), config.Strict())
		problems = append(problems, c.Validate()...)
		require.NotEmpty(t, problems, in)
		require.NotContains(t, problems.Error(), "hunter", in)
	}
}

func TestDecode_StrictRefusesUnknownKeys(t *testing.T) {
	t.Parallel()

	in := `{"sesion":{},"session":{"LIMIT":3,"cokie":{}},"webhooks":{"hooks":[{"url":""}]},"third_party":{"custom_providers":{"x":{"isuer":""}}}}`
	c, problems := config.Decode(config.Default(), []byte(in), config.Strict())
	require.Equal(t, config.Problems{
		{Path: "session.cokie", Reason: "is not a known key; did you mean cookie?"},
		{Path: "third_party.custom_providers.x.isuer", Reason: "is not a known key; did you mean issuer?"},
		{Path: "webhooks.hooks[0].url", Reason: "is not a known key"},
		{Path: "sesion", Reason: "is not a known key; did you mean session?"},
	}, problems)
	require.Equal(t, 3, c.Session.Limit)
}

func TestDecode_LeavesTheBaseAlone(t *testing.T) {
	t.Parallel()

	base := config.Default()
	_, problems := config.Decode(base, []byte(`{"cors":{"allow_origins":["x"]},"session":{"jwt_template":{"claims":{"a":1}}},"third_party":{"custom_providers":{"a":{}}}}`))
	require.Empty(t, problems)
	require.Equal(t, config.Default(), base)
}

func TestDecodeMap_ReadsWhatYAMLMakes(t *testing.T) {
	t.Parallel()

	c, warnings, problems := config.DecodeMap(config.Default(), map[string]any{
		"session": map[any]any{"limit": uint64(7), "lifespan": 2 * time.Hour, "audience": []string{"a"}, "jwt_template": map[string]any{
			"claims": map[string]any{"n": 1, "f": 1.5, "m": map[any]any{1: "x"}, "t": time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
		}},
		"password": map[string]any{"enabled": 0},
		"service":  map[string]any{"name": time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
		"server":   map[string]any{"public": map[string]any{"address": ":8000"}},
		"webhooks": nil,
	}, config.Strict())
	require.Empty(t, problems)
	require.Empty(t, warnings)
	require.Equal(t, 7, c.Session.Limit)
	require.Equal(t, 2*time.Hour, c.Session.Lifespan.Std())
	require.Equal(t, []string{"a"}, c.Session.Audience)
	require.False(t, c.Password.Enabled)
	require.Equal(t, "2026-01-02T00:00:00Z", c.Service.Name)
	require.Equal(t, map[string]any{"n": int64(1), "f": 1.5, "m": map[string]any{"1": "x"}, "t": "2026-01-02T00:00:00Z"}, c.Session.JWTTemplate.Claims)
}

func TestDecodeMap_RefusesWhatJSONCannotSay(t *testing.T) {
	t.Parallel()

	deep := any("x")
	for range 40 {
		deep = []any{deep}
	}
	for name, value := range map[string]any{"nan": math.NaN(), "inf": math.Inf(1), "deep": deep, "func": func() {}, "nul": map[string]any{"\x00": 1}} {
		_, _, problems := config.DecodeMap(config.Default(), map[string]any{
			"session": map[string]any{"jwt_template": map[string]any{"claims": map[string]any{name: value}}},
		})
		require.Len(t, problems, 1, name)
		require.Equal(t, "session.jwt_template.claims."+name, problems[0].Path)
	}
}
