package wire_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// A Hanko installation is its file and its environment.
type hanko struct {
	file map[string]any
	env  []string
}

// read reads it: the settings, the tenant (nil where there are many), and all warnings.
func (h hanko) read(t *testing.T) (*settings.Settings, *config.Config, []string, error) {
	t.Helper()
	file, err := json.Marshal(h.file) // which is YAML, too
	require.NoError(t, err)
	s, notices, err := settings.Load(settings.LoadOptions{
		Env: h.env, TenantKeys: wire.TenantKeys(),
		ReadFile: func(name string) ([]byte, error) {
			if h.file == nil {
				return nil, fs.ErrNotExist
			}
			return file, nil
		},
	})
	var warnings warned
	for _, n := range notices {
		if n.Warning {
			warnings = append(warnings, n.String())
		}
	}
	if err != nil || s.MultiTenancy.Enabled {
		return s, nil, warnings, err
	}
	c, err := wire.SingleConfig(t.Context(), s, slog.New(&warnings))
	return s, c, warnings, err
}

// warned is a log that keeps what is said.
type warned []string

func (*warned) Enabled(context.Context, slog.Level) bool { return true }
func (w *warned) Handle(_ context.Context, r slog.Record) error {
	*w = append(*w, r.Message)
	return nil
}
func (w *warned) WithAttrs([]slog.Attr) slog.Handler { return w }
func (w *warned) WithGroup(string) slog.Handler      { return w }

// put sets the value at a path, in copies of the objects on the way.
func put(tree map[string]any, path string, value any) map[string]any {
	result := map[string]any{}
	for name, v := range tree {
		result[name] = v
	}
	first, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		result[first] = value
		return result
	}
	inner, _ := result[first].(map[string]any)
	result[first] = put(inner, rest, value)
	return result
}

// over lays one tree over another.
func over(base, top map[string]any) map[string]any {
	result := base
	for name, v := range top {
		inner, isObject := v.(map[string]any)
		under, _ := result[name].(map[string]any)
		if isObject && len(inner) > 0 {
			v = over(under, inner)
		}
		result = put(result, name, v)
	}
	return result
}

// find is the value at a path, as JSON.
func find(t *testing.T, v any, path string) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	var at any
	require.NoError(t, json.Unmarshal(raw, &at))
	for name := range strings.SplitSeq(path, ".") {
		object, ok := at.(map[string]any)
		require.True(t, ok, path)
		require.Contains(t, object, name, path)
		at = object[name]
	}
	raw, err = json.Marshal(at)
	require.NoError(t, err)
	return string(raw)
}

func parse(t *testing.T, text string) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

// variable is a value as the environment has it.
func variable(name string, value any) string {
	switch v := value.(type) {
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = fmt.Sprint(v[i])
		}
		return name + "=" + strings.Join(texts, ",")
	default:
		return name + "=" + fmt.Sprint(v)
	}
}

func capitals(path string) string { return strings.ToUpper(strings.ReplaceAll(path, ".", "_")) }

// rows reads a data file: lines of fields with two blanks or more between them.
func rows(t *testing.T, file string) [][]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	var list [][]string
	for line := range strings.SplitSeq(string(raw), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		var fields []string
		for field := range strings.SplitSeq(line, "  ") {
			if field = strings.TrimSpace(field); field != "" {
				fields = append(fields, field)
			}
		}
		list = append(list, fields)
	}
	require.NotEmpty(t, list)
	return list
}

// minimal is what every installation needs; single also says that there is one tenant.
func minimal() map[string]any {
	return map[string]any{
		"secret_keys": []any{"a secret of these tests only"},
		"database":    map[string]any{"host": "localhost"}, // where nothing at all is said, there is no database that we would guess at
	}
}

// single is an installation with one tenant, where every feature may be switched on.
func single() map[string]any {
	providers := map[string]any{}
	for _, p := range []string{"apple", "discord", "github", "google", "linkedin", "microsoft", "facebook"} {
		providers[p] = map[string]any{"client_id": "id", "secret": "secret"}
	}
	return over(minimal(), map[string]any{
		"multi_tenancy": map[string]any{"enabled": false},
		"third_party": map[string]any{
			"redirect_url": "https://login.example/thirdparty/callback", "error_redirect_url": "https://app.example/error",
			"allowed_redirect_urls": []any{"https://app.example/**"}, "providers": providers,
		},
		"saml": map[string]any{
			"endpoint_url": "https://login.example", "audience_uri": "urn:example",
			"identity_providers": []any{map[string]any{"enabled": true, "name": "Acme", "domain": "acme.example", "metadata_url": "https://idp.example/metadata"}},
		},
	})
}

func TestHanko_EverySettingOfATenantHasItsEffect(t *testing.T) {
	t.Parallel()

	_, untouched, _, err := hanko{file: over(minimal(), map[string]any{"multi_tenancy": map[string]any{"enabled": false}})}.read(t)
	require.NoError(t, err)
	table := rows(t, "hanko-tenant.txt")
	require.Greater(t, len(table), 130)
	for _, row := range table {
		key, env, usual, given, effective := row[0], row[1], row[2], parse(t, row[3]), row[4]
		if effective == "=" {
			effective = row[3]
		}
		base := single()
		if len(row) > 5 {
			base = over(base, parse(t, row[5]).(map[string]any))
		}
		other := parse(t, usual) // what must not win
		ways := map[string]hanko{
			"file":                             {file: put(base, key, given)},
			"file, in capitals":                {file: over(base, put(nil, strings.ToUpper(key), given))},
			env:                                {file: base, env: []string{variable(env, given)}},
			env + " over the file":             {file: put(base, key, other), env: []string{variable(env, given)}},
			capitals(key):                      {file: base, env: []string{variable(capitals(key), given)}},
			env + " over its other name":       {file: base, env: []string{variable(env, given), variable(capitals(key), other)}},
			settings.EnvName(key):              {file: base, env: []string{variable(settings.EnvName(key), given)}},
			settings.EnvName(key) + " over it": {file: base, env: []string{variable(settings.EnvName(key), given), variable(env, other)}},
		}
		if env == capitals(key) {
			delete(ways, env+" over its other name")
		}
		if text, ok := other.(string); ok && text == "" {
			delete(ways, env+" over the file") // nothing that could be required is given up
		}
		if section, _, _ := strings.Cut(key, "."); base[section] != nil {
			delete(ways, "file, in capitals") // the section stands there in small letters already
		}
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			require.JSONEq(t, usual, find(t, untouched, key), "the default of %s", key)
			for way, h := range ways {
				_, c, _, err := h.read(t)
				if effective == "refused" {
					require.Error(t, err, way)
					require.True(t, strings.Contains(err.Error(), key) || strings.Contains(err.Error(), env), "%s: %v", way, err)
					continue
				}
				require.NoError(t, err, way)
				require.JSONEq(t, effective, find(t, c, key), "%s by %s", key, way)
			}
		})
	}
}

func TestHanko_EverySettingOfTheProcessHasItsEffect(t *testing.T) {
	t.Parallel()

	inEffect := func(s *settings.Settings, path string) string {
		for _, a := range s.LogValue().Group() {
			if a.Key == path {
				return a.Value.String()
			}
		}
		return "no such setting"
	}
	untouched, _, _, err := hanko{file: minimal()}.read(t)
	require.NoError(t, err)
	for _, row := range rows(t, "hanko-process.txt") {
		key, env, given, where, usual, effective := row[0], row[1], parse(t, row[2]), row[3], row[4], row[5]
		unquoted := func(text string) string { return strings.Trim(text, `"`) }
		base := minimal()
		if where == "secrets.keys" {
			delete(base, "secret_keys")
		}
		if len(row) > 6 {
			base = over(base, parse(t, row[6]).(map[string]any))
		}
		t.Run(key+" "+row[2], func(t *testing.T) {
			t.Parallel()
			if usual != "-" {
				require.Equal(t, unquoted(usual), inEffect(untouched, where), "the default of %s", key)
			}
			for way, h := range map[string]hanko{
				"file":        {file: put(base, key, given)},
				env:           {file: base, env: []string{variable(env, given)}},
				capitals(key): {file: base, env: []string{variable(capitals(key), given)}},
			} {
				s, _, _, err := h.read(t)
				if effective == "refused" {
					require.Error(t, err, way)
					require.True(t, strings.Contains(err.Error(), key) || strings.Contains(err.Error(), env), "%s: %v", way, err)
					continue
				}
				require.NoError(t, err, way)
				require.Equal(t, unquoted(effective), inEffect(s, where), "%s by %s", key, way)
			}
		})
	}
}

func TestHanko_KeysOfOldAreTakenWithOneWarningEach(t *testing.T) {
	t.Parallel()

	for _, row := range rows(t, "hanko-legacy.txt") {
		old, given, now, effective := row[0], parse(t, row[1]), row[2], row[3]
		if effective == "=" {
			effective = row[1]
		}
		base := over(minimal(), map[string]any{"multi_tenancy": map[string]any{"enabled": false}})
		if len(row) > 4 {
			base = over(base, parse(t, row[4]).(map[string]any))
		}
		about := func(warnings []string, name string) int {
			n := 0
			for _, w := range warnings {
				if strings.HasPrefix(w, name+" ") || strings.HasPrefix(w, name+":") || strings.HasPrefix(w, name+".") {
					n++
				}
			}
			return n
		}
		t.Run(old+" "+now, func(t *testing.T) {
			t.Parallel()
			_, c, warnings, err := hanko{file: put(base, old, given)}.read(t)
			require.NoError(t, err)
			require.Equal(t, 1, about(warnings, old), "%s: %q", old, warnings)
			if now == "-" {
				return
			}
			require.JSONEq(t, effective, find(t, c, now), "in the file")

			// What is written today wins.
			var today any
			require.NoError(t, json.Unmarshal([]byte(find(t, ptr(config.Default()), now)), &today))
			_, c, _, err = hanko{file: put(put(base, old, given), now, today)}.read(t)
			require.NoError(t, err)
			require.JSONEq(t, find(t, ptr(config.Default()), now), find(t, c, now), "over the key of old")

			_, c, warnings, err = hanko{file: base, env: []string{variable(capitals(old), given)}}.read(t)
			require.NoError(t, err)
			require.JSONEq(t, effective, find(t, c, now), "in the environment")
			if effective != "5" { // without the switch it has no effect, and nobody need care
				require.Equal(t, 1, about(warnings, capitals(old)), "%s: %q", capitals(old), warnings)
			}
		})
	}
	s, _, warnings, err := hanko{file: put(minimal(), "rate_limiter.backend", "in_memory")}.read(t)
	require.NoError(t, err)
	require.Equal(t, "in_memory", s.RateLimiter.Store)
	require.Equal(t, 1, len(slices.DeleteFunc(warnings, func(w string) bool { return !strings.Contains(w, "rate_limiter.backend") })))
}

func ptr[T any](v T) *T { return &v }

func TestHanko_ListsAndMapsAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()

	const file = `
database: {dialect: postgres, host: db, port: 5432, user: app, password: app, database: app}
secret_keys: ["a secret of these tests only"]
multi_tenancy: {enabled: false}
unknown: {key: [1, 2]}
session:
  lifespan:
  audience: web
  unknown: 7
  jwt_template:
    claims:
      https://ns.example/Claims.x: {role: "{{ .User.Username }}", when: 2026-01-02, n: [1, 1.5, null, true]}
Email: {LIMIT: "0x10", optional: 1}
cors: {allow_origins: "https://a.example,https://b.example"}
email_delivery: {smtp: {port: 587}}
webhooks:
  enabled: true
  hooks:
    - {callback: "https://shop.example/hook", events: [user, email.send]}
    - {callback: "https://shop.example/other", events: session}
third_party:
  redirect_url: https://login.example/thirdparty/callback
  error_redirect_url: https://app.example/error
  allowed_redirect_urls: ["https://app.example/**"]
  custom_providers:
    AcmeID:
      enabled: true
      client_id: a
      secret: b
      display_name: Acme
      use_discovery: true
      issuer: https://id.acme.example
      scopes: [openid, email]
      acr_values: [high]
      attribute_mapping: {Email.Address: mail}
    plain:
      enabled: false
saml:
  enabled: true
  endpoint_url: https://login.example/
  audience_uri: urn:example
  identity_providers:
    - enabled: true
      name: Acme
      domain: acme.example
      metadata_url: https://idp.example/metadata
      skip_email_verification: true
      attribute_map: {email: mail, given_name: first}
`
	read := func(env ...string) *config.Config {
		s, _, err := settings.Load(settings.LoadOptions{
			Env: env, TenantKeys: wire.TenantKeys(), ReadFile: func(string) ([]byte, error) { return []byte(file), nil },
		})
		require.NoError(t, err)
		require.Equal(t, "postgres://app:xxxxx@db:5432/app", s.Database.URL.String())
		c, err := wire.SingleConfig(t.Context(), s, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		return c
	}
	c := read()
	for path, want := range map[string]string{
		"session.lifespan":            `"12h"`,
		"session.audience":            `["web"]`,
		"email.limit":                 `16`,
		"email.optional":              `true`,
		"cors.allow_origins":          `["https://a.example,https://b.example"]`,
		"email_delivery.smtp.port":    `"587"`,
		"email_delivery.smtp.host":    `"localhost"`,
		"saml.endpoint_url":           `"https://login.example"`,
		"webhooks.hooks":              `[{"callback":"https://shop.example/hook","events":["user","email.send"]},{"callback":"https://shop.example/other","events":["session"]}]`,
		"session.jwt_template.claims": `{"https://ns.example/Claims.x":{"role":"{{ .User.Username }}","when":"2026-01-02T00:00:00Z","n":[1,1.5,null,true]}}`,
		"third_party.custom_providers.acmeid.display_name":      `"Acme"`,
		"third_party.custom_providers.acmeid.scopes":            `["openid","email"]`,
		"third_party.custom_providers.acmeid.acr_values":        `["high"]`,
		"third_party.custom_providers.acmeid.attribute_mapping": `{"Email.Address":"mail"}`,
		"third_party.custom_providers.acmeid.allow_linking":     `false`,
		"third_party.custom_providers.plain.enabled":            `false`,
	} {
		require.JSONEq(t, want, find(t, c, path), path)
	}
	idp := c.SAML.IdentityProviders[0]
	require.Equal(t, "acme.example", idp.Domain)
	require.True(t, idp.SkipEmailVerification)
	require.Equal(t, "mail", idp.AttributeMap.Email)
	require.Equal(t, "first", idp.AttributeMap.GivenName)

	c = read(`WEBHOOKS_HOOKS={"callback":"https://a.example","events":["user"]};{"callback":"https://b.example","events":["user.login"]}`)
	require.JSONEq(t, `[{"callback":"https://a.example","events":["user"]},{"callback":"https://b.example","events":["user.login"]}]`, find(t, c, "webhooks.hooks"))
}

// Hanko has names for variables that cannot carry a map or a list of objects. They change nothing, whatever they say. Spec: config §1.4.
func TestHanko_VariablesForMapsHaveNoEffect(t *testing.T) {
	t.Parallel()

	_, usual, _, err := hanko{file: single()}.read(t)
	require.NoError(t, err)
	_, c, _, err := hanko{file: single(), env: []string{
		"SESSION_JWTTEMPLATE_CLAIMS=plan:pro", "THIRD_PARTY_CUSTOMPROVIDERS=acme:x", "SAML_IDENTITYPROVIDERS=acme",
		"THIRD_PARTY_PROVIDERS_GOOGLE_DISPLAYNAME=Gaggle", "THIRD_PARTY_PROVIDERS_GOOGLE_ID=gaggle",
	}}.read(t)
	require.NoError(t, err)
	require.Equal(t, usual, c)
}

// Each row is a file and what comes of it: the table of config §11.
func TestHanko_InputsAndOutcomes(t *testing.T) {
	t.Parallel()

	for input, refused := range map[string]string{ // empty: accepted
		`{"rate_limiter":{"store":"redis"}}`:                                         "rate_limiter.store",
		`{"rate_limiter":{"enabled":false,"store":"bogus"}}`:                         "",
		`{"server":{"ip":{"extractor":"x_real_ip","trusted_proxies":["10.0.0.1"]}}}`: "server.ip.trusted_proxies",
		`{"secret_keys":[]}`:                                                                                "secrets.keys",
		`{"third_party":{"allowed_redirect_urls":["["]}}`:                                                   "third_party.allowed_redirect_urls[0]",
		`{"password":{"enabled":1}}`:                                                                        "",
		`{"password":{"enabled":"yes"}}`:                                                                    "password.enabled",
		`{"rate_limiter":{"otp_limits":{"interval":60}}}`:                                                   "",
		`{"session":{"lifespan":"bogus"}}`:                                                                  "session.lifespan",
		`{"session":{"idle_timeout":"bogus"}}`:                                                              "session.idle_timeout", // stricter than Hanko, which ignores it
		`{"session":{"limit":0}}`:                                                                           "session.limit",
		`{"session":{"cookie":{"same_site":"maybe"}}}`:                                                      "session.cookie.same_site",
		`{"password":{"acquire_on_login":"sometimes"}}`:                                                     "password.acquire_on_login",
		`{"cors":{"allow_origins":["*"]}}`:                                                                  "cors.allow_origins",
		`{"cors":{"allow_origins":["*"],"unsafe_wildcard_origin_allowed":true}}`:                            "",
		`{"secret_keys":["too short"]}`:                                                                     "secret_keys",
		`{"secret_keys":["abcedfghijklmnopqrstuvwxyz"]}`:                                                    "secret_keys",
		`{"secret_keys":["a secret of these tests only","abcedfghijklmnopqrstuvwxyz"]}`:                     "",
		`{"email":{"passcode_charset":""}}`:                                                                 "",
		`{"email":{"passcode_charset":"runes"}}`:                                                            "email.passcode_charset",
		`{"service":{"name":" "}}`:                                                                          "service.name",
		`{"email_delivery":{"smtp":{"host":""}}}`:                                                           "email_delivery.smtp.host",
		`{"saml":{"enabled":true,"endpoint_url":"https://a.example","audience_uri":"urn"}}`:                 "saml.identity_providers",
		`{"webhooks":{"enabled":true,"hooks":[{"callback":"","events":[]}]}}`:                               "",
		`{"webhooks":{"enabled":true,"hooks":[{"callback":"https://a.example","events":["user.sneeze"]}]}}`: "webhooks.hooks[0].events[0]",
		`{"third_party":{"providers":{"google":{"enabled":true}}}}`:                                         "third_party.providers.google.client_id",
		`{"audit_log":{"retention":"bogus"}}`:                                                               "audit_log.retention",
	} {
		_, _, _, err := hanko{file: over(over(minimal(), map[string]any{"multi_tenancy": map[string]any{"enabled": false}}), parse(t, input).(map[string]any))}.read(t)
		if refused == "" {
			require.NoError(t, err, input)
			continue
		}
		require.Error(t, err, input)
		require.Contains(t, err.Error(), refused, input)
	}
}

// With many tenants the same file starts, and says once that its tenant is not served.
func TestHanko_TheSameFileStartsWithManyTenants(t *testing.T) {
	t.Parallel()

	file := over(single(), map[string]any{"multi_tenancy": map[string]any{"enabled": true}})
	s, c, warnings, err := hanko{file: file, env: []string{"SESSION_LIFESPAN=1h"}}.read(t)
	require.NoError(t, err)
	require.True(t, s.MultiTenancy.Enabled)
	require.Nil(t, c)
	require.Equal(t, 2, len(slices.DeleteFunc(warnings, func(w string) bool { return !strings.Contains(w, "has no effect on tenants kept in the database") })),
		"once for the file and once for the environment")

	// Without saying which, a file with a tenant in it is that of one tenant.
	file = single()
	delete(file, "multi_tenancy")
	s, _, _, err = hanko{file: file}.read(t)
	require.NoError(t, err)
	require.False(t, s.MultiTenancy.Enabled)
}
