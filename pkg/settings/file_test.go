package settings_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

func TestLoad_OnlyAMissingDefaultFileIsForgiven(t *testing.T) {
	t.Parallel()

	s, _, err := minimal().load(t)
	require.NoError(t, err)
	require.Empty(t, s.File)

	named := minimal()
	named.flags = []string{"--config", "other.yaml"}
	require.Equal(t, "other.yaml", named.fails(t)[0].Key)

	named.flags = []string{"--config", ""}
	named.must(t)

	named.flags, named.env = nil, append(named.env, "LATCHKEEP_CONFIG=env.yaml")
	require.Equal(t, "env.yaml", named.fails(t)[0].Key)
	named.files["env.yaml"] = "log: {level: warn}"
	require.Equal(t, "env.yaml", named.must(t).File)

	broken := minimal().file("log: [")
	problems := broken.fails(t)
	require.Len(t, problems, 1)
	require.Equal(t, settings.DefaultFile, problems[0].Key)
	require.Contains(t, problems[0].Reason, "not valid YAML")
}

func TestLoad_UnreadableDefaultFileIsFatal(t *testing.T) {
	t.Parallel()

	_, _, err := settings.Load(settings.LoadOptions{ReadFile: func(name string) ([]byte, error) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}})
	var problems settings.Problems
	require.True(t, errors.As(err, &problems))
	require.Equal(t, settings.DefaultFile, problems[0].Key)
	require.Contains(t, problems[0].Reason, "permission denied")
}

func TestLoad_BrokenFilesAreDescribedWithoutTheirValues(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct{ file, text string }{
		"not a mapping":    {"hunter2-hunter2", "must hold a mapping"},
		"a list":           {"- hunter2", "must hold a mapping"},
		"key twice":        {"debug: hunter2\ndebug: true", "key twice (line 2)"},
		"tab":              {"log:\n\thunter2: x", "line 2"},
		"unknown anchor":   {"debug: *hunter2", "anchor"},
		"alias bomb":       {bomb(), "aliases"},
		"too large":        {"#" + strings.Repeat("x", 5<<20), "larger"},
		"bad number":       {"database: {pool: !!int hunter2}", "not valid YAML"},
		"invalid encoding": {"debug: \xff\xfe", "not valid YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := minimal().file(row.file).fails(t)
			require.Len(t, problems, 1)
			require.Contains(t, problems[0].String(), row.text)
			require.NotContains(t, problems.Error(), "hunter2")
		})
	}
}

// bomb expands to 10⁹ entries.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 9; i++ {
		prev := string(rune('0' + i - 1))
		b.WriteString("a" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.TrimSuffix(strings.Repeat("*a"+prev+",", 10), ",") + "]\n")
	}
	return b.String()
}

func TestLoad_DecodesTheFileByTheRules(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct {
		file string
		see  func(*settings.Settings) any
		is   any
	}{
		"keys in any case":       {"DATABASE: {Pool: 9}", func(s *settings.Settings) any { return s.Database.Pool }, 9},
		"exact case wins":        {"database: {POOL: 9, pool: 8}", func(s *settings.Settings) any { return s.Database.Pool }, 8},
		"null keeps the default": {"database: {pool: }", func(s *settings.Settings) any { return s.Database.Pool }, 5},
		"empty section":          {"audit_log:\n", func(s *settings.Settings) any { return s.AuditLog.Mask }, true},
		"partial section":        {"rate_limiter: {otp_limits: {tokens: 9}}", func(s *settings.Settings) any { return s.RateLimiter.OTP }, settings.Limit{Tokens: 9, Interval: time.Minute}},
		"text to int":            {`database: {pool: "0x10"}`, func(s *settings.Settings) any { return s.Database.Pool }, 16},
		"empty text to int":      {`database: {idle_pool: ""}`, func(s *settings.Settings) any { return s.Database.IdlePool }, 5},
		"whole float to int":     {`database: {pool: 1e1}`, func(s *settings.Settings) any { return s.Database.Pool }, 10},
		"number to bool":         {"audit_log: {storage: {enabled: 2}}", func(s *settings.Settings) any { return s.AuditLog.Storage.Enabled }, true},
		"zero to bool":           {"audit_log: {mask: 0}", func(s *settings.Settings) any { return s.AuditLog.Mask }, false},
		"empty text to bool":     {`audit_log: {mask: ""}`, func(s *settings.Settings) any { return s.AuditLog.Mask }, false},
		"word to bool":           {`audit_log: {mask: "F"}`, func(s *settings.Settings) any { return s.AuditLog.Mask }, false},
		"number to text":         {"default_email_delivery: {smtp: {port: 587}}", func(s *settings.Settings) any { return s.DefaultEmailDelivery.SMTP.Port }, "587"},
		"spelling of a number":   {"default_email_delivery: {smtp: {password: 007}}", func(s *settings.Settings) any { return s.DefaultEmailDelivery.SMTP.Password.Reveal() }, "007"},
		"spelling of a date":     {"default_email_delivery: {smtp: {password: 2026-11-24}}", func(s *settings.Settings) any { return s.DefaultEmailDelivery.SMTP.Password.Reveal() }, "2026-11-24"},
		"bool to text":           {"default_email_delivery: {from_name: true}", func(s *settings.Settings) any { return s.DefaultEmailDelivery.FromName }, "true"},
		"duration text":          {"database: {conn_max_lifetime: 1h30m}", func(s *settings.Settings) any { return s.Database.ConnMaxLifetime }, 90 * time.Minute},
		"duration number":        {"database: {conn_max_lifetime: 60}", func(s *settings.Settings) any { return s.Database.ConnMaxLifetime }, 60 * time.Nanosecond},
		"scalar to list":         {"secret_keys: '" + goodSecret + ",x'", func(s *settings.Settings) any { return s.Secrets.Reveal() }, []string{goodSecret + ",x"}},
		"anchors and merges":     {"x: &x {tokens: 9}\nrate_limiter: {otp_limits: {<<: *x, interval: 2s}}", func(s *settings.Settings) any { return s.RateLimiter.OTP }, settings.Limit{Tokens: 9, Interval: 2 * time.Second}},
		"json":                   {`{"database":{"pool":9}}`, func(s *settings.Settings) any { return s.Database.Pool }, 9},
		"key of old":             {"rate_limiter: {enabled: false, backend: b}", func(s *settings.Settings) any { return s.RateLimiter.Store }, "b"},
		"key of old loses":       {"rate_limiter: {enabled: false, backend: b, store: s}", func(s *settings.Settings) any { return s.RateLimiter.Store }, "s"},
		"management address":     {"server: {management: {address: ':9'}}", func(s *settings.Settings) any { return s.Server.Console.Address }, ":9"},
		"console address wins":   {"server: {management: {address: ':9'}, console: {address: ':10'}}", func(s *settings.Settings) any { return s.Server.Console.Address }, ":10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := bare().file(row.file).with("DATABASE_URL=sqlite://x")
			if !strings.Contains(row.file, "secret_keys") {
				w.with("SECRETS_KEYS=" + goodSecret)
			}
			require.Equal(t, row.is, row.see(w.must(t)))
		})
	}
}

func TestLoad_ANumberAsSecretIsKeptAsSpelledOrRefused(t *testing.T) {
	t.Parallel()

	file := "secrets: {keys: [83920174655820193847120]}\ndatabase: {url: 'sqlite://x'}"
	require.Equal(t, []string{"83920174655820193847120"}, bare().file(file).must(t).Secrets.Reveal(), "kept as spelled")

	// Behind an alias the spelling is out of reach.
	problems := bare().file("x: &x [83920174655820193847120]\nsecrets: {keys: *x}\ndatabase: {url: 'sqlite://x'}").fails(t)
	require.Len(t, problems, 1)
	require.Contains(t, problems[0].Reason, "quotes")
	require.NotContains(t, problems.Error(), "839201")
}

func TestLoad_WarnsAboutWhatNobodyReads(t *testing.T) {
	t.Parallel()

	_, notices, err := minimal().file("databse: {pool: 3}\nserver:\n  public:\n    adress: ':1'\nweird: 1\ndatabase: {conn_max_lifetime: 60}\n" +
		"flow_locker: {enabled: true}\nrate_limiter: {backend: in_memory}\n").load(t)
	require.NoError(t, err)
	texts := warnings(notices)
	require.True(t, containing(texts, "did you mean database?"))
	require.True(t, containing(texts, "server.public.adress (./config/config.yaml:4): is not a known key and is ignored; did you mean server.public.address?"))
	require.True(t, containing(texts, "weird (./config/config.yaml:5): is not a known key"))
	require.True(t, containing(texts, "60ns"))
	require.True(t, containing(texts, "flow_locker.enabled"))
	require.True(t, containing(texts, "use rate_limiter.store"))
	require.Len(t, texts, 7, "%v", texts) // and public.base_url
}
