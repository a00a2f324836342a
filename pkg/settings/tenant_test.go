package settings_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

const hankoFile = `
database: {dialect: postgres, host: db, port: 5432, user: app, password: app, database: app}
secret_keys: ["` + goodSecret + `"]
secrets: {keys: ["` + goodSecret + `"], key_management: {type: local}}
email_delivery: {from_address: login@shop.example, from_name: Shop, smtp: {host: mail, port: 587, user: u, password: p}}
webauthn: {relying_party: {id: shop.example, display_name: Shop, origins: ["https://shop.example"]}}
server: {public: {cors: {allow_origins: ["https://shop.example"]}}}
Service: {Name: Shop}
session: {jwt_template: {claims: {"https://shop.example/role": "x.y"}}}
emails: {require_verification: false}
`

func TestLoad_AHankoFileIsOneTenant(t *testing.T) {
	t.Parallel()

	s, notices, err := bare().file(hankoFile).load(t)
	require.NoError(t, err)
	require.False(t, s.MultiTenancy.Enabled)
	require.True(t, strings.Contains(texts(notices), "one tenant at /"))
	require.NotContains(t, strings.Join(warnings(notices), "\n"), "not a known key")

	require.Equal(t, map[string]any{
		"email_delivery": map[string]any{"from_address": "login@shop.example", "from_name": "Shop",
			"smtp": map[string]any{"host": "mail", "port": 587, "user": "u", "password": "p"}},
		"webauthn": map[string]any{"relying_party": map[string]any{
			"id": "shop.example", "display_name": "Shop", "origins": []any{"https://shop.example"}}},
		"secrets": map[string]any{"key_management": map[string]any{"type": "local"}}, // the keys are the process's
		"server":  map[string]any{"public": map[string]any{"cors": map[string]any{"allow_origins": []any{"https://shop.example"}}}},
		"Service": map[string]any{"Name": "Shop"},
		"session": map[string]any{"jwt_template": map[string]any{"claims": map[string]any{"https://shop.example/role": "x.y"}}},
		"emails":  map[string]any{"require_verification": false},
	}, s.Tenant.Values)
	require.Empty(t, s.Tenant.Sources)
}

func TestLoad_ChoosesBetweenOneTenantAndMany(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct {
		file string
		env  []string
		many bool
	}{
		"nothing said":                  {many: true},
		"settings of the process only":  {file: "log: {level: warn}\nsecrets: {keys: [" + goodSecret + "]}", many: true},
		"tenant in the file":            {file: "service: {name: Shop}"},
		"tenant of old in the file":     {file: "smtp: {host: x}"},
		"old cors in the file":          {file: "server: {cors: {allow_origins: [a]}}"},
		"key management in the file":    {file: "secrets: {key_management: {type: local}}"},
		"empty section":                 {file: "service:\n", many: true},
		"many, said, with a tenant":     {file: "multi_tenancy: {enabled: true}\nservice: {name: Shop}", many: true},
		"many, said in the environment": {file: "service: {name: Shop}", env: []string{"MULTITENANCY_ENABLED=true"}, many: true},
		"one, said":                     {file: "multi_tenancy: {enabled: false}"},
		"tenant in the environment":     {env: []string{"SERVICE_NAME=Shop", "LATCHKEEP_SERVICE_NAME=Shop"}, many: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, err := minimal().file(row.file).with(row.env...).load(t)
			require.NoError(t, err)
			require.Equal(t, row.many, s.MultiTenancy.Enabled)
			if row.many {
				require.Empty(t, s.Tenant.Values)
			}
		})
	}
}

func TestLoad_SaysWhatHasNoEffectWithManyTenants(t *testing.T) {
	t.Parallel()

	_, notices, err := minimal().file("multi_tenancy: {enabled: true}\nservice: {name: Shop}").with("SESSION_LIFESPAN=1h").load(t)
	require.NoError(t, err)
	require.True(t, containing(warnings(notices), "service (./config/config.yaml:2): has no effect"))
	require.True(t, containing(warnings(notices), "SESSION_LIFESPAN (environment): has no effect"))
}

// single loads a single-tenant world and returns its tenant part.
func single(t *testing.T, file string, env ...string) (settings.Tenant, settings.Notices) {
	t.Helper()
	s, notices, err := minimal().file("multi_tenancy: {enabled: false}\n" + file).with(env...).load(t)
	require.NoError(t, err)
	return s.Tenant, notices
}

// at walks a path of plain keys.
func at(values map[string]any, path string) any {
	var v any = values
	for part := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[part]
	}
	return v
}

func TestLoad_EveryTenantVariableIsSet(t *testing.T) {
	t.Parallel()

	type example struct {
		text string
		is   any
	}
	examples := map[settings.Kind]example{
		settings.Bool: {"true", true}, settings.Int: {"0x10", 16}, settings.Text: {"some, text", "some, text"},
		settings.Duration: {"90m", "1h30m0s"}, settings.List: {"a, b,", []any{"a", " b", ""}},
		settings.Hooks: {`{"callback":"https://a.example/x;y","events":["user"]};{"callback":"b"}`,
			[]any{map[string]any{"callback": "https://a.example/x;y", "events": []any{"user"}}, map[string]any{"callback": "b"}}},
	}
	require.Len(t, settings.TenantKeys(), 143)
	for _, key := range settings.TenantKeys() {
		t.Run(key.Path, func(t *testing.T) {
			t.Parallel()
			ex := examples[key.Kind]
			for _, name := range []string{key.Env, strings.TrimPrefix(settings.EnvName(key.Path), settings.Prefix), settings.EnvName(key.Path)} {
				tenant, _ := single(t, "", name+"="+ex.text)
				require.Equal(t, ex.is, at(tenant.Values, key.Path), name)
				require.Equal(t, map[string]string{key.Path: name}, tenant.Sources)
			}
		})
	}
}

func TestLoad_TenantVariablesWinOverTheFile(t *testing.T) {
	t.Parallel()

	file := "Email_Delivery: {SMTP: {Host: file, port: 25}}"
	tenant, _ := single(t, file, "EMAIL_DELIVERY_SMTP_HOST=env")
	require.Equal(t, map[string]any{"SMTP": map[string]any{"Host": "env", "port": 25}}, tenant.Values["Email_Delivery"])

	tenant, _ = single(t, file, "EMAIL_DELIVERY_SMTP_HOST=env", "LATCHKEEP_EMAIL_DELIVERY_SMTP_HOST=ours", "SMTP_HOST=old")
	require.Equal(t, "ours", at(tenant.Values, "Email_Delivery.SMTP.Host"))

	tenant, _ = single(t, "email_delivery:\n  smtp:\n", "EMAIL_DELIVERY_SMTP_HOST=env")
	require.Equal(t, "env", at(tenant.Values, "email_delivery.smtp.host"))

	tenant, _ = single(t, "session: 5", "SESSION_LIFESPAN=1h")
	require.Equal(t, 5, tenant.Values["session"], "the mistake stays for whoever decodes it")
}

func TestLoad_TenantVariablesFromFiles(t *testing.T) {
	t.Parallel()

	w := minimal().file("multi_tenancy: {enabled: false}").with("LATCHKEEP_EMAIL_DELIVERY_SMTP_PASSWORD_FILE=/run/smtp")
	w.files["/run/smtp"] = "hunter2\n"
	require.Equal(t, "hunter2", at(w.must(t).Tenant.Values, "email_delivery.smtp.password"))
}

func TestLoad_MistakesInTenantVariablesCountInSingleTenantModeOnly(t *testing.T) {
	t.Parallel()

	minimal().with("EMAIL_ENABLED=maybe").must(t)
	for _, variable := range []string{"EMAIL_ENABLED=maybe", "EMAIL_LIMIT=", "MFA_DEVICETRUSTDURATION=60", "WEBHOOKS_HOOKS=[]", "WEBHOOKS_HOOKS={} {}", "PASSCODE_TTL=5m"} {
		problems := minimal().with("MULTITENANCY_ENABLED=false", variable).fails(t)
		require.Len(t, problems, 1, variable)
		require.Equal(t, variable[:strings.Index(variable, "=")], problems[0].Key)
	}
}

func TestLoad_VariablesOfRemovedKeys(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct {
		file string
		env  []string
		is   map[string]any // by path; nil: unset
		warn []string
	}{
		"cors": {env: []string{"SERVER_PUBLIC_CORS_ALLOW_ORIGINS=a,b"}, is: map[string]any{"cors.allow_origins": []any{"a", "b"}},
			warn: []string{"SERVER_PUBLIC_CORS_ALLOW_ORIGINS (environment): is a name of old, use LATCHKEEP_CORS_ALLOW_ORIGINS"}},
		"older cors":         {env: []string{"SERVER_CORS_ALLOW_ORIGINS=a"}, is: map[string]any{"cors.allow_origins": []any{"a"}}},
		"wildcard":           {env: []string{"SERVER_PUBLIC_CORS_UNSAFE_WILDCARD_ORIGIN_ALLOWED=1"}, is: map[string]any{"cors.unsafe_wildcard_origin_allowed": true}},
		"verification":       {env: []string{"EMAILS_REQUIRE_VERIFICATION=false"}, is: map[string]any{"email.require_verification": false}},
		"addresses":          {env: []string{"EMAILS_MAX_NUM_OF_ADDRESSES=3"}, is: map[string]any{"email.limit": 3}},
		"password length":    {env: []string{"PASSWORD_MIN_PASSWORD_LENGTH=12"}, is: map[string]any{"password.min_length": 12}},
		"passcode":           {env: []string{"PASSCODE_TTL=60"}, is: map[string]any{"email.passcode_ttl": 60}},
		"sender":             {env: []string{"PASSCODE_EMAIL_FROM_ADDRESS=a", "PASSCODE_EMAIL_FROM_NAME=b"}, is: map[string]any{"email_delivery.from_address": "a", "email_delivery.from_name": "b"}},
		"readme sender":      {env: []string{"EMAIL_DELIVERY_EMAIL_FROM_ADDRESS=a", "EMAIL_DELIVERY_EMAIL_FROM_NAME=b", "PASSCODE_EMAIL_FROM_NAME=c"}, is: map[string]any{"email_delivery.from_address": "a", "email_delivery.from_name": "b"}},
		"smtp":               {env: []string{"SMTP_HOST=a", "PASSCODE_SMTP_HOST=b", "PASSCODE_SMTP_PORT=25"}, is: map[string]any{"email_delivery.smtp.host": "a", "email_delivery.smtp.port": "25"}},
		"timeout":            {env: []string{"WEBAUTHN_TIMEOUT=60000"}, is: map[string]any{"webauthn.timeouts.registration": 60000, "webauthn.timeouts.login": 60000}},
		"half a timeout":     {file: "webauthn: {timeouts: {login: 1}}", env: []string{"WEBAUTHN_TIMEOUT=2"}, is: map[string]any{"webauthn.timeouts.registration": 2, "webauthn.timeouts.login": 1}},
		"user verification":  {env: []string{"WEBAUTHN_USER_VERIFICATION=required"}, is: map[string]any{"passkey.user_verification": "required"}},
		"origin":             {env: []string{"WEBAUTHN_RELYING_PARTY_ORIGIN=https://a"}, is: map[string]any{"webauthn.relying_party.origins": []any{"https://a"}}},
		"server-side":        {env: []string{"SESSION_SERVER_SIDE_ENABLED=true", "SESSION_SERVER_SIDE_LIMIT=9"}, is: map[string]any{"session.allow_revocation": true, "session.show_on_profile": true, "session.acquire_ip_address": true, "session.acquire_user_agent": true, "session.limit": 9}},
		"no server-side":     {env: []string{"SESSION_SERVER_SIDE_ENABLED=false", "SESSION_SERVER_SIDE_LIMIT=9"}, is: map[string]any{"session.allow_revocation": nil, "session.limit": nil}},
		"limit without":      {env: []string{"SESSION_SERVER_SIDE_LIMIT=9"}, is: map[string]any{"session.limit": nil}},
		"limit with file":    {file: "session: {server_side: {enabled: true}}", env: []string{"SESSION_SERVER_SIDE_LIMIT=9"}, is: map[string]any{"session.limit": 9}},
		"new in file wins":   {file: "email: {limit: 7}", env: []string{"EMAILS_MAX_NUM_OF_ADDRESSES=3"}, is: map[string]any{"email.limit": 7}, warn: []string{"EMAILS_MAX_NUM_OF_ADDRESSES"}},
		"new variable wins":  {env: []string{"EMAIL_LIMIT=7", "EMAILS_MAX_NUM_OF_ADDRESSES=3"}, is: map[string]any{"email.limit": 7}},
		"prefixed, of old":   {env: []string{"LATCHKEEP_SMTP_HOST=a"}, is: map[string]any{"email_delivery.smtp.host": "a"}},
		"prefixed wins":      {env: []string{"LATCHKEEP_SMTP_HOST=a", "SMTP_HOST=b"}, is: map[string]any{"email_delivery.smtp.host": "a"}},
		"limiter's old name": {env: []string{"RATE_LIMITER_BACKEND=in_memory"}, warn: []string{"RATE_LIMITER_BACKEND (environment): is a name of old"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant, notices := single(t, row.file, row.env...)
			for path, is := range row.is {
				require.Equal(t, is, at(tenant.Values, path), path)
			}
			for _, text := range row.warn {
				require.True(t, containing(warnings(notices), text), "%v", notices)
			}
		})
	}
}

func TestLoad_KeysOfTheCallerAreKnown(t *testing.T) {
	t.Parallel()

	w := minimal().file("multi_tenancy: {enabled: false}").with("LATCHKEEP_MFA_THIRD_PARTY=true")
	require.Equal(t, "LATCHKEEP_MFA_THIRD_PARTY", w.fails(t)[0].Key)
	w.opts.TenantKeys = []settings.TenantKey{{Path: "mfa.third_party", Kind: settings.Bool}}
	require.Equal(t, true, at(w.must(t).Tenant.Values, "mfa.third_party"))
}

func texts(notices settings.Notices) string {
	var b strings.Builder
	for _, n := range notices {
		b.WriteString(n.String() + "\n")
	}
	return b.String()
}
