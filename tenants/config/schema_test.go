package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

var update = flag.Bool("update", false, "rewrite docs/configuration-tenant.md")

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("config.json", doc))
	s, err := c.Compile("config.json") // checks it against the metaschema
	require.NoError(t, err)
	return s
}

func check(t *testing.T, s *jsonschema.Schema, raw string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(raw))
	require.NoError(t, err)
	return s.Validate(doc)
}

func TestSchema_AcceptsTheDefaults(t *testing.T) {
	t.Parallel()

	s := compiled(t)
	for _, c := range []config.Config{config.Default(), config.ForPublicURL("https://auth.shop.example")} {
		raw, err := json.Marshal(c)
		require.NoError(t, err)
		require.NoError(t, check(t, s, string(raw)))
		raw, err = config.MarshalCompatible(c)
		require.NoError(t, err)
		require.NoError(t, check(t, s, string(raw)))
	}
}

func TestSchema_AgreesWithTheProgram(t *testing.T) {
	t.Parallel()

	s := compiled(t)
	custom := `"display_name":"A","client_id":"a","secret":"b","scopes":["x"]`
	for in, valid := range map[string]bool{
		`{}`:                                                                      true,
		`{"session":{"lifespan":"1h30m"}}`:                                        true,
		`{"session":{"lifespan":"0"}}`:                                            true,
		`{"session":{"lifespan":"bogus"}}`:                                        false,
		`{"session":{"lifespan":"1d"}}`:                                           false,
		`{"session":{"limit":0}}`:                                                 false,
		`{"session":{"limit":1}}`:                                                 true,
		`{"sesion":{}}`:                                                           false,
		`{"session":{"cookie":{"x":1}}}`:                                          false,
		`{"session":{"cookie":{"same_site":"lax"}}}`:                              true,
		`{"session":{"cookie":{"same_site":"Lax"}}}`:                              false,
		`{"password":{"enabled":"yes"}}`:                                          false,
		`{"password":{"min_length":73}}`:                                          false,
		`{"secrets":{"keys":["short"]}}`:                                          false,
		`{"secrets":{"keys":["0123456789abcdef"]}}`:                               true,
		`{"secrets":{"key_management":{"type":"aws_kms"}}}`:                       false,
		`{"saml":{"options":{"skip_signature_validation":true}}}`:                 false,
		`{"saml":{"enabled":true,"audience_uri":"a"}}`:                            false,
		`{"saml":{"enabled":true,"audience_uri":"a","endpoint_url":"https://a"}}`: true,
		`{"webauthn":{"relying_party":{"origins":[]}}}`:                           false,
		`{"session":{"jwt_template":{"claims":{"a":[1,{"b":null}]}}}}`:            true,
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a"}},` + provider + `}}`:                                                                                                     false,
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","secret":""}},` + provider + `}}`:                                                                                         false,
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","secret":"b"}},` + provider + `}}`:                                                                                        true,
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","secret":"b"}}}}`:                                                                                                         false,
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","team_id":"t","key_id":"k","private_key":"` + appleKey + `"}},` + provider + `}}`:                                         true,
		`{"third_party":{"providers":{"apple":{"enabled":true,"client_id":"a","team_id":"t","key_id":"k"}},` + provider + `}}`:                                                                          false,
		`{"third_party":{"providers":{"google":{"enabled":true,"client_id":"a"}},` + provider + `}}`:                                                                                                    false,
		`{"third_party":{"providers":{"apple":{"enabled":false}}}}`:                                                                                                                                     true,
		`{"third_party":{"custom_providers":{"a":{"enabled":true,` + custom + `,"use_discovery":true,"issuer":"https://i"}},` + provider + `}}`:                                                         true,
		`{"third_party":{"custom_providers":{"a":{"enabled":true,` + custom + `,"use_discovery":true}},` + provider + `}}`:                                                                              false,
		`{"third_party":{"custom_providers":{"a":{"enabled":true,` + custom + `}},` + provider + `}}`:                                                                                                   false,
		`{"third_party":{"custom_providers":{"a":{"enabled":true,` + custom + `,"authorization_endpoint":"https://i","token_endpoint":"https://i","userinfo_endpoint":"https://i"}},` + provider + `}}`: true,
		`{"third_party":{"custom_providers":{"a":{"enabled":true,` + custom + `,"use_discovery":true,"issuer":"https://i"}}}}`:                                                                          false,
		`{"third_party":{"custom_providers":{"a":{"enabled":false}}}}`:                                                                                                                                  true,
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()

			require.Equal(t, valid, check(t, s, in) == nil, "the schema")
			c, problems := config.Decode(config.Default(), []byte(in), config.Strict())
			problems = append(problems, c.Validate()...)
			require.Equal(t, valid, len(problems) == 0, "the program: %v", problems)
		})
	}
}

func TestSchema_IsTheSameEachTime(t *testing.T) {
	t.Parallel()

	for range 5 {
		require.Equal(t, string(config.Schema()), string(config.Schema()))
	}
}

func TestMarkdown_IsWrittenDown(t *testing.T) {
	t.Parallel()

	page := filepath.Join("..", "..", "docs", "configuration-tenant.md")
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(config.Markdown()), 0o644))
	}
	written, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, config.Markdown(), string(written), "go test ./tenants/config -run TestMarkdown -update")
}

func TestMarkdown_NamesEveryKey(t *testing.T) {
	t.Parallel()

	text := config.Markdown()
	for line := range strings.Lines(strings.TrimSpace(defaults)) {
		path, _, _ := strings.Cut(line, " ")
		path = strings.Replace(path, "<p>", "<provider>", 1)
		require.True(t, strings.Contains(text, "| `"+path+"` |") || strings.Contains(text, "| `"+path+"[].") || strings.Contains(text, "| `"+path+".<name>."), path)
	}
}
