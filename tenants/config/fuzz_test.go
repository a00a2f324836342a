package config_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// Whatever is sent: nothing panics, and what was read without a problem is what is stored and read back.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"session":{"limit":"0x10","lifespan":60}}`, `{"Session":{"jwt_template":{"claims":{"a":[1,1.5,null,{"b":"c"}]}}}}`,
		`{"third_party":{"custom_providers":{"A":{"secret":"x","scopes":"y"}},"allowed_redirect_urls":["https://*.{a,b}/[!c]**"]}}`,
		`{"webhooks":{"enabled":true,"hooks":{"callback":"x","events":["user"]}}}`, `{"secrets":{"keys":["********"]}}`,
		`{"webauthn":{"relying_party":{"id":"[::1","origins":["http://[","https://%zz"]}}}`, `{"cors":{"allow_origins":["*://*:?","://",":*"]}}`,
		`{"email":{"limit":9223372036854775807,"max_length":-1e3},"emails":{"limit":1},"server":{"cors":{"allow_origins":["*"]}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		base := config.Default()
		c, problems := config.Decode(base, raw, config.Strict())
		c.Validate()
		require.Equal(t, config.Default(), base)

		var values map[string]any
		if json.Unmarshal(raw, &values) == nil {
			legacy, _, _ := config.DecodeMap(base, values)
			legacy.ValidateSingle()
		}
		if len(problems) > 0 {
			return
		}
		diff := config.Diff(base, c)
		back, err := config.Apply(base, diff)
		require.NoError(t, err)
		require.Equal(t, string(diff), string(config.Diff(base, back)))
		require.Equal(t, string(diff), string(config.Diff(base, config.Keep(c, config.Mask(c)))))
		compatible, err := config.MarshalCompatible(c)
		require.NoError(t, err)
		back, err = config.Apply(base, compatible)
		require.NoError(t, err)
		require.Equal(t, string(diff), string(config.Diff(base, back)))
	})
}
