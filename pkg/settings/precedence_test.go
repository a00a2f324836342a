package settings_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

// A sample is a key, four different values for it, and how the program sees them.
type sample struct {
	path, flag string
	hanko      string // unprefixed variable
	alias      string // upper-cased path, accepted too
	values     [4]string
	see        func(*settings.Settings) string
}

func samples() []sample {
	return []sample{
		{"server.public.address", "--public-addr=", "SERVER_PUBLIC_ADDRESS", "", [4]string{":1", ":2", ":3", ":4"},
			func(s *settings.Settings) string { return s.Server.Public.Address }},
		{"server.console.address", "--console-addr=", "SERVER_MANAGEMENT_ADDRESS", "", [4]string{":1", ":2", ":3", ":4"},
			func(s *settings.Settings) string { return s.Server.Console.Address }},
		{"database.url", "--database-url=", "DATABASE_URL", "", [4]string{"sqlite://1", "sqlite://2", "sqlite://3", "sqlite://4"},
			func(s *settings.Settings) string { return s.Database.URL.Reveal() }},
		{"database.conn_max_lifetime", "--set=database.conn_max_lifetime=", "DATABASE_CONNMAXLIFETIME", "DATABASE_CONN_MAX_LIFETIME", [4]string{"1s", "2s", "3s", "4s"},
			func(s *settings.Settings) string { return s.Database.ConnMaxLifetime.String() }},
		{"rate_limiter.store", "--set=rate_limiter.store=", "RATE_LIMITER_STORE", "", [4]string{"a", "b", "c", "d"},
			func(s *settings.Settings) string { return s.RateLimiter.Store }},
		{"egress.allow_cidrs", "--set=egress.allow_cidrs=", "", "", [4]string{"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"},
			func(s *settings.Settings) string { return s.Egress.AllowCIDRs[0].String() }},
		{"secrets.keys", "--set=secrets.keys=", "SECRETS_KEYS", "", [4]string{goodSecret + "1", goodSecret + "2", goodSecret + "3", goodSecret + "4"},
			func(s *settings.Settings) string { return strings.Join(s.Secrets.Reveal(), ",") }},
	}
}

// yaml writes a dotted path and a value as a mapping.
func yaml(path, value string) string {
	parts := strings.Split(path, ".")
	return strings.Join(parts, ": {") + ": '" + value + "'" + strings.Repeat("}", len(parts)-1) + "\n"
}

func TestLoad_FlagsWinOverEnvironmentOverFile(t *testing.T) {
	t.Parallel()

	for _, one := range samples() {
		t.Run(one.path, func(t *testing.T) {
			t.Parallel()
			w := bare().file(yaml(one.path, one.values[0]))
			w.env = slices.DeleteFunc([]string{
				"LATCHKEEP_SECRETS_KEYS=" + goodSecret, "LATCHKEEP_DATABASE_URL=postgres://a:b@c/d", "LATCHKEEP_RATE_LIMITER_ENABLED=false",
			}, func(v string) bool { return strings.HasPrefix(v, settings.EnvName(one.path)+"=") })
			require.Equal(t, one.values[0], one.see(w.must(t)), "file over default")
			require.Equal(t, settings.File, w.must(t).Origin(one.path).Layer)

			if one.alias != "" {
				w.with(one.alias + "=5s")
				require.Equal(t, "5s", one.see(w.must(t)), "alias over file")
			}
			if one.hanko != "" {
				w.with(one.hanko + "=" + one.values[1])
				require.Equal(t, one.values[1], one.see(w.must(t)), "documented name over alias and file")
			}
			w.with(settings.EnvName(one.path) + "=" + one.values[2])
			require.Equal(t, one.values[2], one.see(w.must(t)), "our name over Hanko's")
			require.Equal(t, settings.EnvName(one.path), w.must(t).Origin(one.path).Name)

			w.flags = []string{one.flag + one.values[3]}
			require.Equal(t, one.values[3], one.see(w.must(t)), "flag over environment")
			require.Equal(t, settings.Flag, w.must(t).Origin(one.path).Layer)
		})
	}
}

func TestLoad_ReadsEveryDocumentedHankoVariable(t *testing.T) {
	t.Parallel()

	for env, row := range map[string]struct {
		val string
		see func(*settings.Settings) any
		is  any
	}{
		"AUDIT_LOG_CONSOLE_OUTPUT_ENABLED":       {"false", func(s *settings.Settings) any { return s.AuditLog.ConsoleOutput.Enabled }, false},
		"AUDIT_LOG_CONSOLE_OUTPUT_OUTPUT_STREAM": {"stderr", func(s *settings.Settings) any { return s.AuditLog.ConsoleOutput.Output }, "stderr"},
		"AUDIT_LOG_MASK":                         {"F", func(s *settings.Settings) any { return s.AuditLog.Mask }, false},
		"AUDIT_LOG_STORAGE_ENABLED":              {"T", func(s *settings.Settings) any { return s.AuditLog.Storage.Enabled }, true},
		"AUDIT_LOG_RETENTION":                    {"1h", func(s *settings.Settings) any { return s.AuditLog.Retention }, time.Hour},
		"DATABASE_URL":                           {"mysql://a:b@c/d", func(s *settings.Settings) any { return s.Database.URL.Reveal() }, "mysql://a:b@c/d"},
		"DATABASE_DIALECT":                       {"mariadb", func(s *settings.Settings) any { return s.Database.Dialect }, "mysql"},
		"DATABASE_HOST":                          {"h", func(s *settings.Settings) any { return s.Database.URL.Reveal() }, "postgres://hanko:another@h:5432/hanko"},
		"DATABASE_PORT":                          {"7", func(s *settings.Settings) any { return s.Database.URL.Reveal() }, "postgres://hanko:hanko@localhost:7/hanko"},
		"DATABASE_USER":                          {"u", func(s *settings.Settings) any { return s.Database.URL.Reveal() }, "postgres://u:hanko@localhost:5432/hanko"},
		"DATABASE_PASSWORD":                      {"p", func(s *settings.Settings) any { return s.Database.URL.Reveal() }, "postgres://hanko:p@localhost:5432/hanko"},
		"DATABASE_DATABASE":                      {"d", func(s *settings.Settings) any { return s.Database.URL.Reveal() }, "postgres://hanko:hanko@localhost:5432/d"},
		"DATABASE_POOL":                          {"0x10", func(s *settings.Settings) any { return s.Database.Pool }, 16},
		"DATABASE_IDLEPOOL":                      {"3", func(s *settings.Settings) any { return s.Database.IdlePool }, 3},
		"DATABASE_CONNMAXLIFETIME":               {"2h", func(s *settings.Settings) any { return s.Database.ConnMaxLifetime }, 2 * time.Hour},
		"DATABASE_CONNMAXIDLETIME":               {"90s", func(s *settings.Settings) any { return s.Database.ConnMaxIdleTime }, 90 * time.Second},
		"DEBUG":                                  {"1", func(s *settings.Settings) any { return s.Debug }, true},
		"LOG_LOGHEALTHANDMETRICS":                {"true", func(s *settings.Settings) any { return s.Log.HealthAndMetrics }, true},
		"MULTITENANCY_ENABLED":                   {"false", func(s *settings.Settings) any { return s.MultiTenancy.Enabled }, false},
		"SECRET_KEYS":                            {goodSecret + "," + goodSecret + "2", func(s *settings.Settings) any { return s.Secrets.Reveal() }, []string{goodSecret, goodSecret + "2"}},
		"SECRETS_KEYS":                           {goodSecret, func(s *settings.Settings) any { return s.Secrets.Reveal() }, []string{goodSecret}},
		"DEFAULT_EMAIL_DELIVERY_ENABLED":         {"false", func(s *settings.Settings) any { return s.DefaultEmailDelivery.Enabled }, false},
		"DEFAULT_EMAIL_DELIVERY_FROM_ADDRESS":    {"a@b", func(s *settings.Settings) any { return s.DefaultEmailDelivery.FromAddress }, "a@b"},
		"DEFAULT_EMAIL_DELIVERY_FROM_NAME":       {"n", func(s *settings.Settings) any { return s.DefaultEmailDelivery.FromName }, "n"},
		"DEFAULT_EMAIL_DELIVERY_SMTP_HOST":       {"h", func(s *settings.Settings) any { return s.DefaultEmailDelivery.SMTP.Host }, "h"},
		"DEFAULT_EMAIL_DELIVERY_SMTP_PORT":       {"25", func(s *settings.Settings) any { return s.DefaultEmailDelivery.SMTP.Port }, "25"},
		"DEFAULT_EMAIL_DELIVERY_SMTP_USER":       {"u", func(s *settings.Settings) any { return s.DefaultEmailDelivery.SMTP.User }, "u"},
		"DEFAULT_EMAIL_DELIVERY_SMTP_PASSWORD":   {"p", func(s *settings.Settings) any { return s.DefaultEmailDelivery.SMTP.Password.Reveal() }, "p"},
		"FLOWLOCKER_ENABLED":                     {"false", func(s *settings.Settings) any { return s.Origin("flow_locker.enabled").Name }, "FLOWLOCKER_ENABLED"},
		"FLOWLOCKER_STORE":                       {"in_memory", func(s *settings.Settings) any { return s.Origin("flow_locker.store").Name }, "FLOWLOCKER_STORE"},
		"FLOWLOCKER_REDIS_ADDRESS":               {"r:1", func(s *settings.Settings) any { return s.Origin("flow_locker.redis_config.address").Name }, "FLOWLOCKER_REDIS_ADDRESS"},
		"FLOWLOCKER_REDIS_PASSWORD":              {"p", func(s *settings.Settings) any { return s.Origin("flow_locker.redis_config.password").Name }, "FLOWLOCKER_REDIS_PASSWORD"},
		"FLOWLOCKER_TTL":                         {"1s", func(s *settings.Settings) any { return s.Origin("flow_locker.ttl").Name }, "FLOWLOCKER_TTL"},
		"RATE_LIMITER_ENABLED":                   {"false", func(s *settings.Settings) any { return s.RateLimiter.Enabled }, false},
		"RATE_LIMITER_STORE":                     {"in_memory", func(s *settings.Settings) any { return s.Origin("rate_limiter.store").Name }, "RATE_LIMITER_STORE"},
		"RATE_LIMITER_REDIS_ADDRESS":             {"r:1", func(s *settings.Settings) any { return s.Origin("rate_limiter.redis_config.address").Name }, "RATE_LIMITER_REDIS_ADDRESS"},
		"RATE_LIMITER_REDIS_PASSWORD":            {"p", func(s *settings.Settings) any { return s.Origin("rate_limiter.redis_config.password").Name }, "RATE_LIMITER_REDIS_PASSWORD"},
		"RATE_LIMITER_PASSCODE_LIMITS_TOKENS":    {"9", func(s *settings.Settings) any { return s.RateLimiter.Passcode.Tokens }, 9},
		"RATE_LIMITER_PASSCODE_LIMITS_INTERVAL":  {"9s", func(s *settings.Settings) any { return s.RateLimiter.Passcode.Interval }, 9 * time.Second},
		"RATE_LIMITER_OTP_LIMITS_TOKENS":         {"9", func(s *settings.Settings) any { return s.RateLimiter.OTP.Tokens }, 9},
		"RATE_LIMITER_OTP_LIMITS_INTERVAL":       {"9s", func(s *settings.Settings) any { return s.RateLimiter.OTP.Interval }, 9 * time.Second},
		"RATE_LIMITER_PASSWORD_LIMITS_TOKENS":    {"9", func(s *settings.Settings) any { return s.RateLimiter.Password.Tokens }, 9},
		"RATE_LIMITER_PASSWORD_LIMITS_INTERVAL":  {"9s", func(s *settings.Settings) any { return s.RateLimiter.Password.Interval }, 9 * time.Second},
		"RATE_LIMITER_TOKEN_LIMITS_TOKENS":       {"9", func(s *settings.Settings) any { return s.RateLimiter.Token.Tokens }, 9},
		"RATE_LIMITER_TOKEN_LIMITS_INTERVAL":     {"9s", func(s *settings.Settings) any { return s.RateLimiter.Token.Interval }, 9 * time.Second},
		"SERVER_PUBLIC_ADDRESS":                  {":1", func(s *settings.Settings) any { return s.Server.Public.Address }, ":1"},
		"SERVER_ADMIN_ADDRESS":                   {":1", func(s *settings.Settings) any { return s.Server.Admin.Address }, ":1"},
		"SERVER_MANAGEMENT_ADDRESS":              {":1", func(s *settings.Settings) any { return s.Server.Console.Address }, ":1"},
		"SERVER_IP_EXTRACTOR":                    {"direct", func(s *settings.Settings) any { return s.Origin("server.ip.extractor").Name }, "SERVER_IP_EXTRACTOR"},
		"SERVER_IP_TRUSTEDPROXIES":               {"10.0.0.0/8,fd00::/8", func(s *settings.Settings) any { return len(s.Server.IP.TrustedProxies) }, 2},
	} {
		t.Run(env, func(t *testing.T) {
			t.Parallel()
			w := bare().with(env + "=" + row.val)
			if !strings.HasPrefix(env, "SECRET") {
				w.with("SECRETS_KEYS=" + goodSecret)
			}
			if env == "DATABASE_HOST" {
				w.with("DATABASE_PASSWORD=another") // the default is for this machine only
			}
			if !strings.HasPrefix(env, "DATABASE_") || strings.Contains(env, "POOL") || strings.Contains(env, "CONN") {
				w.with("DATABASE_URL=postgres://a:b@c/d")
			}
			require.Equal(t, row.is, row.see(w.must(t)))
		})
	}
}

// Every key can be set through LATCHKEEP_…, its …_FILE form, and --set; no name means two keys.
func TestKeys_HaveUnambiguousNames(t *testing.T) {
	t.Parallel()

	owner := map[string]string{}
	claim := func(name, path string) {
		if other, taken := owner[name]; taken && other != path {
			t.Errorf("%s sets both %s and %s", name, other, path)
		}
		owner[name] = path
	}
	for _, key := range settings.Keys() {
		require.Contains(t, key.Env(), settings.EnvName(key.Path))
		require.NotEmpty(t, key.Meaning, key.Path)
		require.NotEmpty(t, key.Since, key.Path)
		for _, name := range key.Env() {
			claim(name, key.Path)
			require.False(t, strings.HasSuffix(name, "_FILE"), name)
		}
	}
	for _, key := range settings.TenantKeys() {
		claim(settings.EnvName(key.Path), key.Path)
		claim(key.Env, key.Path)
	}
}

func TestLoad_EveryKeyIsReadFromFileVariables(t *testing.T) {
	t.Parallel()

	example := map[settings.Kind]string{
		settings.Bool: "true", settings.Int: "3", settings.Uint: "3", settings.Text: "x", settings.Duration: "3s", settings.List: "10.0.0.0/8",
	}
	for _, key := range settings.Keys() {
		t.Run(key.Path, func(t *testing.T) {
			t.Parallel()
			w := bare()
			w.files["/run/value"] = example[key.Kind] + "\n"
			w.with(settings.EnvName(key.Path) + "_FILE=/run/value")
			_, _, err := w.load(t) // what the value means is another test's business; here it must have been taken
			if err != nil {
				require.NotContains(t, err.Error(), "is not a setting")
				require.NotContains(t, err.Error(), "cannot be read")
			}
			w.with(settings.EnvName(key.Path) + "=" + example[key.Kind])
			require.True(t, slices.ContainsFunc(w.fails(t), func(p settings.Problem) bool {
				return p.Key == settings.EnvName(key.Path) && strings.Contains(p.Reason, "_FILE")
			}))
		})
	}
}

func TestLoad_FileVariables(t *testing.T) {
	t.Parallel()

	w := bare().with("LATCHKEEP_DATABASE_URL_FILE=/run/db", "LATCHKEEP_SECRETS_KEYS_FILE=/run/keys", "LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_PASSWORD_FILE=/run/smtp")
	w.files["/run/db"] = "postgres://a:b@c/d\n"
	w.files["/run/keys"] = goodSecret + ",with comma\r\n\n" + goodSecret + "2\n"
	w.files["/run/smtp"] = " two newlines \n\n"
	s := w.must(t)
	require.Equal(t, "postgres://a:b@c/d", s.Database.URL.Reveal())
	require.Equal(t, []string{goodSecret + ",with comma", goodSecret + "2"}, s.Secrets.Reveal())
	require.Equal(t, " two newlines \n", s.DefaultEmailDelivery.SMTP.Password.Reveal(), "one line break is dropped, nothing else")
	require.Equal(t, "/run/db", s.Origin("database.url").File)

	delete(w.files, "/run/db")
	problems := w.fails(t)
	require.Len(t, problems, 1)
	require.Equal(t, "LATCHKEEP_DATABASE_URL_FILE", problems[0].Key)
	require.Contains(t, problems[0].String(), "/run/db")

	// Hanko's own names have no such form.
	require.Contains(t, bare().with("DATABASE_URL_FILE=/run/db", "SECRETS_KEYS="+goodSecret).fails(t)[0].Reason, "missing")
}

func TestLoad_SecretKeysWinOverSecretsKeysAtOneLevel(t *testing.T) {
	t.Parallel()

	a, b := goodSecret+"A", goodSecret+"B"
	both := "secret_keys: [" + a + "]\nsecrets: {keys: [" + b + "]}\ndatabase: {url: 'sqlite://x'}"
	s, notices, err := bare().file(both).load(t)
	require.NoError(t, err)
	require.Equal(t, []string{a}, s.Secrets.Reveal())
	require.True(t, containing(warnings(notices), "secrets.keys"))

	require.Equal(t, []string{b}, bare().file(strings.Replace(both, "["+a+"]", "[]", 1)).must(t).Secrets.Reveal(), "an empty list is none")
	require.Equal(t, []string{b}, bare().file("database: {url: 'sqlite://x'}\nsecret_keys: ["+a+"]").with("SECRETS_KEYS="+b).must(t).Secrets.Reveal(), "environment over file")
	require.Equal(t, []string{a}, bare().with("DATABASE_URL=sqlite://x", "SECRET_KEYS="+a, "SECRETS_KEYS="+b).must(t).Secrets.Reveal())
}

func TestLoad_AWellKnownLaterSecretIsAWarning(t *testing.T) {
	t.Parallel()

	_, notices, err := bare().with("DATABASE_URL=sqlite://x", "SECRET_KEYS="+goodSecret+",abcedfghijklmnopqrstuvwxyz").load(t)
	require.NoError(t, err)
	require.True(t, containing(warnings(notices), "well known"))
}

func TestLoad_KubernetesServiceLinksAreLeftAlone(t *testing.T) {
	t.Parallel()

	minimal().with("LATCHKEEP_SERVICE_HOST=10.0.0.1", "LATCHKEEP_SERVICE_PORT=8000", "LATCHKEEP_SERVICE_PORT_PUBLIC=8000",
		"LATCHKEEP_PORT=tcp://10.0.0.1:8000", "LATCHKEEP_PORT_8000_TCP=tcp://10.0.0.1:8000", "LATCHKEEP_PORT_8000_TCP_PROTO=tcp",
		"LATCHKEEP_ADMIN_PORT=tcp://10.0.0.1:8001", "LATCHKEEP_ADMIN_PORT_8001_TCP_ADDR=10.0.0.1", "LATCHKEEP_TEST_REQUIRE=all").must(t)

	require.Equal(t, "LATCHKEEP_DATABSE_PORT", minimal().with("LATCHKEEP_DATABSE_PORT=5432").fails(t)[0].Key)
}

func TestLoad_VariablesOfOurOtherProgramsAreLeftAlone(t *testing.T) {
	t.Parallel()

	named := map[string]bool{}
	for _, name := range []string{"cmd", "internal", "pkg", "scripts", "tools", "atlas.hcl", "Makefile", ".ci"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("../..", name), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			for _, found := range readVariable.FindAllStringSubmatch(string(content), -1) {
				named[found[1]] = true
			}
			return err
		}))
	}
	require.Contains(t, named, "LATCHKEEP_LOAD_TOKEN")
	require.Contains(t, named, "LATCHKEEP_ATLAS_DEV_URL")
	for name := range named {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := minimal().with(name + "=x").load(t)
			if err != nil { // what a setting means is another test's business
				require.NotContains(t, err.Error(), "is not a setting")
			}
		})
	}

	problems := minimal().with("LATCHKEEP_LOAD_TOKN=x", "LATCHKEEP_LOAD_KEY_FILE=/run/key", "LATCHKEEP_CONFIG_FILE=x").fails(t)
	require.Len(t, problems, 3)
	require.Equal(t, "LATCHKEEP_LOAD_TOKN", problems[2].Key)
	require.Contains(t, problems[2].Fix, "LATCHKEEP_LOAD_TOKEN")
}

// readVariable finds where a program or a script reads a variable, or names it for that.
var readVariable = regexp.MustCompile(`(?:getenv\(|Getenv\(|Variable\s*= |\$\{?)"?(LATCHKEEP_[A-Z_]+[A-Z])\b`)

func TestLoad_AForeignDebugVariableDoesNotStopUs(t *testing.T) {
	t.Parallel()

	s, notices, err := minimal().with("DEBUG=express:*").load(t)
	require.NoError(t, err)
	require.False(t, s.Debug)
	require.True(t, containing(warnings(notices), "DEBUG"))
	require.Equal(t, "LATCHKEEP_DEBUG", minimal().with("LATCHKEEP_DEBUG=express:*").fails(t)[0].Key)
}

func TestLoad_SetFlagNamesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()

	w := minimal()
	w.flags = []string{"--set=database.pol=3", "--set=nonsense", "--set=database.pool=x"}
	problems := w.fails(t)
	require.Len(t, problems, 3)
	require.Contains(t, problems[0].Fix, "database.pool")
	require.Equal(t, "--set database.pool", problems[2].Key)
}
