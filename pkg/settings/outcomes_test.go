package settings_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

// Each row is a file (and environment) and the problem it causes, or none. Spec: config §3.2, §11.
func TestLoad_InputsAndOutcomes(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct {
		file string
		env  []string
		key  string // of the only problem; empty: accepted
		text string // in the problem
	}{
		"tls by itself":                     {file: "public: {base_url: 'https://login.shop.example'}\ntls: {mode: auto}"},
		"tls of an unknown mode":            {file: "tls: {mode: maybe}", key: "tls.mode", text: "off or auto"},
		"tls without an https base":         {file: "public: {base_url: 'http://localhost:8000'}\ntls: {mode: auto}", key: "public.base_url", text: "https"},
		"tls for an address":                {file: "public: {base_url: 'https://192.0.2.1'}\ntls: {mode: auto}", key: "public.base_url", text: "name"},
		"tls at any free port":              {file: "public: {base_url: 'https://login.shop.example'}\ntls: {mode: auto, http_address: ':0'}", key: "tls.http_address", text: "port"},
		"tls directory without https":       {file: "public: {base_url: 'https://login.shop.example'}\ntls: {mode: auto, acme: {directory: 'http://ca.example'}}", key: "tls.acme.directory", text: "https"},
		"tls key id without its key":        {file: "public: {base_url: 'https://login.shop.example'}\ntls: {mode: auto, acme: {eab: {key_id: x}}}", key: "tls.acme.eab.key_id", text: "mac_key"},
		"tls authority that cannot be read": {file: "public: {base_url: 'https://login.shop.example'}\ntls: {mode: auto, acme: {trusted_ca: /nowhere/ca.pem}}", key: "tls.acme.trusted_ca", text: "read"},
		"redis store without address":       {file: "rate_limiter: {store: redis}", key: "rate_limiter.store", text: "set redis.url"},
		"redis store with an empty url":     {file: "rate_limiter: {store: redis}", env: []string{"LATCHKEEP_REDIS_URL="}, key: "rate_limiter.store", text: "set redis.url"},
		"redis store with a wrong url":      {file: "rate_limiter: {store: redis}\nredis: {url: 'r:6379'}", key: "redis.url", text: "redis://"},
		"redis store with our url":          {file: "rate_limiter: {store: redis}\nredis: {url: redis://r}"},
		"redis store with address":          {file: "rate_limiter: {store: redis, redis_config: {address: 'r:6379'}}"},
		"bogus store while disabled":        {file: "rate_limiter: {enabled: false, store: bogus}"},
		"bogus store":                       {file: "rate_limiter: {store: bogus}", key: "rate_limiter.store", text: `"bogus" is unknown`},
		"locker redis without address":      {file: "flow_locker: {store: redis}", key: "flow_locker.store", text: "address of Redis is missing"},
		"locker bogus while disabled":       {file: "flow_locker: {enabled: false, store: bogus}"},
		"proxy without mask":                {file: "server: {ip: {extractor: x_real_ip, trusted_proxies: ['10.0.0.1']}}", key: "server.ip.trusted_proxies", text: "10.0.0.1/32"},
		"proxy header without proxies":      {file: "server: {ip: {extractor: x_forwarded_for}}", key: "server.ip.trusted_proxies", text: "is needed"},
		"proxies empty":                     {file: "server: {ip: {extractor: x_forwarded_for, trusted_proxies: []}}", key: "server.ip.trusted_proxies", text: "is needed"},
		"direct ignores proxies":            {file: "server: {ip: {extractor: direct, trusted_proxies: [bogus]}}"},
		"empty extractor":                   {file: "server: {ip: {extractor: ''}}"},
		"unknown extractor":                 {file: "server: {ip: {extractor: forwarded}}", key: "server.ip.extractor", text: "x_real_ip"},
		"blank public address":              {file: "server: {public: {address: '  '}}", key: "server.public.address", text: "empty"},
		"blank admin address":               {file: "server: {admin: {address: ''}}", key: "server.admin.address", text: "empty"},
		"blank management address":          {file: "server: {management: {address: ''}}", key: "server.management.address", text: "empty"},
		"address without port":              {file: "server: {public: {address: localhost}}", key: "server.public.address", text: "listen address"},
		"address is a number":               {file: "server: {public: {address: 8000}}", key: "server.public.address", text: ":8000"},
		"port out of range":                 {file: "server: {public: {address: ':99999'}}", key: "server.public.address", text: "port"},
		"two listeners on one port":         {file: "server: {public: {address: ':8003'}}", key: "server.ops.address", text: "server.public.address"},
		"drain delay below nothing":         {file: "server: {drain_delay: -1s}", key: "server.drain_delay", text: "not be negative"},
		"any free port, twice":              {file: "server: {public: {address: ':0'}, admin: {address: ':0'}}"},
		"bool as number":                    {file: "audit_log: {mask: 1}"},
		"bool as word in quotes":            {file: `audit_log: {mask: "yes"}`, key: "audit_log.mask", text: "true or false"},
		"unit missing":                      {file: "rate_limiter: {otp_limits: {interval: '60'}}", key: "rate_limiter.otp_limits.interval", text: "90s"},
		"negative tokens":                   {file: "rate_limiter: {otp_limits: {tokens: -1}}", key: "rate_limiter.otp_limits.tokens", text: "not negative"},
		"retention unparsable":              {file: "audit_log: {retention: bogus}", key: "audit_log.retention", text: "720h"},
		"cockroach by url":                  {env: []string{"DATABASE_URL=cockroach://u:p@h/d"}, key: "DATABASE_URL", text: "CockroachDB is not supported"},
		"cockroach by dialect":              {file: "database: {url: '', dialect: cockroach}", key: "database.dialect", text: "CockroachDB is not supported"},
		"unknown dialect":                   {file: "database: {url: 'oracle://a:b@c/d'}", key: "database.url", text: "sqlite"},
		"database url without a database":   {file: "database: {url: 'postgres://a:b@c'}", key: "database.url", text: "names no database"},
		"database url unescaped":            {file: "database: {url: 'postgres://a:b#c@d/e'}", key: "database.url", text: "percent-encoded"},
		"sqlite without path":               {file: "database: {url: 'sqlite://'}", key: "database.url", text: "names no file"},
		"blank part":                        {file: "database: {url: '', host: ''}", key: "database.host", text: "must not be empty"},
		"blank part beside a url":           {file: "database: {host: ''}", env: []string{"DATABASE_URL=postgres://a:b@c/d"}},
		"blank dialect":                     {file: "database: {url: '', dialect: ''}", key: "database.dialect", text: "must not be empty"},
		"owner of another kind of database": {file: "database: {migrate_url: 'mysql://a:b@c/d'}", key: "database.migrate_url", text: "same database"},
		"pool of none":                      {file: "database: {pool: 0}", key: "database.pool", text: "at least 1"},
		"secrets empty":                     {file: "secret_keys: []", env: []string{"LATCHKEEP_DATABASE_URL=sqlite://x"}, key: "secrets.keys", text: "no secret is set"},
		"secret short":                      {file: "secret_keys: [fifteen-bytes-x]", key: "secret_keys", text: "16 bytes"},
		"secret well known":                 {file: "secret_keys: [abcedfghijklmnopqrstuvwxyz]", key: "secret_keys", text: "openssl rand"},
		"old secret well known":             {file: "secret_keys: [" + goodSecret + ", abcedfghijklmnopqrstuvwxyz]"},
		"base url with a path":              {file: "public: {base_url: 'https://example.com/auth'}", key: "public.base_url", text: "after the host"},
		"base url without scheme":           {file: "public: {base_url: example.com}", key: "public.base_url", text: "http://"},
		"egress not a network":              {file: "egress: {allow_cidrs: [10.1.2.3]}", key: "egress.allow_cidrs", text: "10.1.2.3/32"},
		"log level":                         {file: "log: {level: loud}", key: "log.level", text: "debug, info, warn or error"},
		"log format":                        {file: "log: {format: xml}", key: "log.format", text: "json or text"},
		"default mail off":                  {file: "default_email_delivery: {smtp: {port: 465}}"},
		"default mail without host":         {file: "default_email_delivery: {enabled: true, from_address: a@b.example, smtp: {port: 465}}", key: "default_email_delivery.smtp.host", text: "missing"},
		"section is a text":                 {file: "rate_limiter: fast", key: "rate_limiter", text: "mapping"},
		"list of mappings":                  {file: "egress: {allow_cidrs: [{a: b}]}", key: "egress.allow_cidrs", text: "entry 1"},
		"unknown variable of ours":          {env: []string{"LATCHKEEP_DATABASE_ULR=x"}, key: "LATCHKEEP_DATABASE_ULR", text: "did you mean LATCHKEEP_DATABASE_URL?"},
		"empty bool variable":               {env: []string{"AUDIT_LOG_MASK="}, key: "AUDIT_LOG_MASK", text: "true or false"},
		"empty int variable":                {env: []string{"DATABASE_POOL="}, key: "DATABASE_POOL", text: "whole number"},
		"bare duration variable":            {env: []string{"RATE_LIMITER_OTP_LIMITS_INTERVAL=60"}, key: "RATE_LIMITER_OTP_LIMITS_INTERVAL", text: "90s"},
		"hex int variable":                  {env: []string{"DATABASE_POOL=0x10"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := bare().file(row.file).with(row.env...)
			if !strings.Contains(row.file, "secret_keys") {
				w.with("LATCHKEEP_SECRETS_KEYS=" + goodSecret)
			}
			named := func(v string) bool { return strings.Contains(v, "DATABASE_URL=") }
			if !strings.Contains(row.file, "database: {url: ") && !slices.ContainsFunc(row.env, named) {
				w.with("DATABASE_URL=postgres://a:b@c/d")
			}
			_, _, err := w.load(t)
			if row.key == "" {
				require.NoError(t, err)
				return
			}
			problems := w.fails(t)
			require.Len(t, problems, 1, "%v", problems)
			require.Equal(t, row.key, problems[0].Key)
			require.Contains(t, problems[0].String(), row.text)
		})
	}
}

func TestLoad_NamesEveryProblemAtOnce(t *testing.T) {
	t.Parallel()

	problems := bare().
		file("server: {ip: {extractor: nope}}\naudit_log: {mask: maybe}\nlog:\n  level: loud\n").
		with("DATABASE_POOL=many", "LATCHKEEP_FOO=1").
		fails(t)

	keys := map[string]string{}
	for _, p := range problems {
		keys[p.Key] = p.Where
	}
	require.Equal(t, map[string]string{
		"server.ip.extractor": settings.DefaultFile + ":1",
		"audit_log.mask":      settings.DefaultFile + ":2",
		"log.level":           settings.DefaultFile + ":4",
		"DATABASE_POOL":       "environment",
		"LATCHKEEP_FOO":       "environment",
		"database.url":        "",
		"secrets.keys":        "",
	}, keys)
}

func TestLoad_NormalisesValuesThatMeanTheUsual(t *testing.T) {
	t.Parallel()

	s := minimal().file("rate_limiter: {otp_limits: {tokens: 0, interval: -5s}, password_limits: {interval: 60}}\n" +
		"database: {pool: 7}\naudit_log: {console_output: {output: printer}}\n").must(t)

	require.Equal(t, settings.Limit{Tokens: 1, Interval: time.Second}, s.RateLimiter.OTP)
	require.Equal(t, settings.Limit{Tokens: 5, Interval: 60 * time.Nanosecond}, s.RateLimiter.Password)
	require.Equal(t, 7, s.Database.IdlePool)
	require.Equal(t, "stdout", s.AuditLog.ConsoleOutput.Output)
	require.Equal(t, "in_memory", s.RateLimiter.Store)
	require.Equal(t, 720*time.Hour, s.AuditLog.Retention)
}

func TestLoad_LimitsGoToRedisWhereThereIsOne(t *testing.T) {
	t.Parallel()

	require.Equal(t, "redis", minimal().with("LATCHKEEP_REDIS_URL=redis://r").must(t).RateLimiter.Store)
	require.Equal(t, "in_memory", minimal().with("LATCHKEEP_REDIS_URL=redis://r", "RATE_LIMITER_STORE=in_memory").must(t).RateLimiter.Store)
}

func TestLoad_HankoRedisBecomesOurs(t *testing.T) {
	t.Parallel()

	s := minimal().file("rate_limiter: {store: redis, redis_config: {address: 'r:6379', password: 'p/w@1'}}").must(t)
	require.Equal(t, "redis://:p%2Fw%401@r:6379/0", s.Redis.URL.Reveal())

	s = minimal().file("flow_locker: {store: redis, redis_config: {address: 'l:6379'}}").must(t)
	require.Equal(t, "redis://l:6379/0", s.Redis.URL.Reveal())

	s = minimal().file("rate_limiter: {store: in_memory, redis_config: {address: 'r:6379'}}").must(t)
	require.Empty(t, s.Redis.URL, "an address that nothing uses")

	s = minimal().file("rate_limiter: {store: redis, redis_config: {address: 'r:6379', password: null}}").with("LATCHKEEP_REDIS_URL=rediss://ours:1/2").must(t)
	require.Equal(t, "rediss://ours:1/2", s.Redis.URL.Reveal())

	problems := minimal().file("rate_limiter: {store: redis, redis_config: {address: 'r:6379/1'}}").fails(t)
	require.Len(t, problems, 1)
	require.Equal(t, "rate_limiter.redis_config.address", problems[0].Key)
}

func TestLoad_ComposesTheDatabaseURL(t *testing.T) {
	t.Parallel()

	for name, row := range map[string]struct{ file, url, dialect string }{
		"all parts":         {`{dialect: postgres, host: db, port: 5433, user: app, password: secret, database: shop}`, "postgres://app:secret@db:5433/shop", "postgres"},
		"hanko's defaults":  {`{host: localhost}`, "postgres://hanko:hanko@localhost:5432/hanko", "postgres"},
		"special password":  {`{host: db, user: 'a@b', password: 'p:/?#[]@%" x', database: 'd d'}`, "postgres://a%40b:p%3A%2F%3F%23%5B%5D%40%25%22%20x@db:5432/d%20d", "postgres"},
		"number password":   {`{host: db, password: 0123}`, "postgres://hanko:0123@db:5432/hanko", "postgres"},
		"empty password":    {`{host: db, password: ''}`, "postgres://hanko:@db:5432/hanko", "postgres"},
		"mariadb":           {`{dialect: mariadb, host: db, user: u, password: p, database: d}`, "mysql://u:p@db:3306/d", "mysql"},
		"mysql port":        {`{dialect: mysql, host: db, port: 3307, user: u, password: p, database: d}`, "mysql://u:p@db:3307/d", "mysql"},
		"ipv6":              {`{host: '::1', user: u, password: p, database: d}`, "postgres://u:p@[::1]:5432/d", "postgres"},
		"socket":            {`{host: /run/postgresql, user: u, password: p, database: d}`, "postgres://u:p@/d?host=%2Frun%2Fpostgresql&port=5432", "postgres"},
		"sqlite":            {`{dialect: sqlite, database: data/x.db}`, "sqlite://data/x.db", "sqlite"},
		"url wins":          {`{url: 'postgresql://u:p@h/d?sslmode=require', host: ''}`, "postgres://u:p@h/d?sslmode=require", "postgres"},
		"mysql driver form": {`{url: 'mysql://u:p@tcp(h:3306)/d?tls=true'}`, "mysql://u:p@h:3306/d?tls=true", "mysql"},
		"mysql parentheses": {`{url: 'mariadb://u:p@(h:3306)/d'}`, "mysql://u:p@h:3306/d", "mysql"},
		"sqlite url":        {`{url: 'sqlite:///var/lib/x y.db?_pragma=1'}`, "sqlite:///var/lib/x y.db?_pragma=1", "sqlite"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := bare().file("database: " + row.file + "\nsecrets: {keys: [" + goodSecret + "]}").must(t)
			require.Equal(t, row.url, s.Database.URL.Reveal())
			require.Equal(t, row.url, s.Database.MigrateURL.Reveal())
			require.Equal(t, row.dialect, s.Database.Dialect)
		})
	}
}

func TestLoad_RefusesTheDefaultPasswordOfADatabaseElsewhere(t *testing.T) {
	t.Parallel()

	for file, key := range map[string]string{
		`{url: 'postgres://hanko:hanko@db/hanko'}`:                                        "database.url",
		`{url: 'mysql://app:hanko@tcp(db:3306)/app'}`:                                     "database.url",
		`{url: 'postgres://app:pw@db/app', migrate_url: 'postgres://owner:hanko@db/app'}`: "database.migrate_url",
	} {
		problems := bare().file("database: " + file + "\nsecrets: {keys: [" + goodSecret + "]}").fails(t)
		require.Len(t, problems, 1, file)
		require.Equal(t, key, problems[0].Key, file)
		require.Contains(t, problems[0].Reason, "everybody knows", file)
	}
	for _, file := range []string{
		`{host: 127.0.0.1}`, `{host: '::1'}`, `{host: /run/postgresql}`, `{url: 'postgres://hanko:hanko@localhost/hanko'}`,
		`{url: 'postgres://hanko:hanko@/hanko?host=/run/postgresql'}`,
	} {
		bare().file("database: " + file + "\nsecrets: {keys: [" + goodSecret + "]}").must(t)
	}
	for _, file := range []string{`{host: db}`, `{host: 10.0.0.7, password: hanko}`} { // as Hanko has it
		_, notices, err := bare().file("database: " + file + "\nsecrets: {keys: [" + goodSecret + "]}").load(t)
		require.NoError(t, err)
		require.True(t, slices.ContainsFunc(warnings(notices), func(text string) bool {
			return strings.Contains(text, "database.password") && strings.Contains(text, "everybody knows")
		}), "%s: %v", file, notices)
	}
}

func TestLoad_KeepsTheOwnerApart(t *testing.T) {
	t.Parallel()

	s := minimal().with("LATCHKEEP_DATABASE_MIGRATE_URL=postgres://owner:o@db/app").must(t)
	require.Equal(t, "postgres://owner:o@db/app", s.Database.MigrateURL.Reveal())
	require.Equal(t, "postgres://app:pw@db:5432/app", s.Database.URL.Reveal())

	only := bare().with("LATCHKEEP_DATABASE_MIGRATE_URL=postgres://owner:o@db/app")
	only.opts.Skip = settings.SkipSecrets | settings.SkipDatabase
	require.Equal(t, "postgres://owner:o@db/app", only.must(t).Database.MigrateURL.Reveal(), "a migration job knows the owner only")
	only.opts.Skip = settings.SkipSecrets | settings.SkipRunRole
	require.Equal(t, "postgres://owner:o@db/app", only.must(t).Database.MigrateURL.Reveal())

	none := bare()
	none.opts.Skip = settings.SkipSecrets | settings.SkipRunRole
	require.Equal(t, "database.url", none.fails(t)[0].Key)
}

func TestLoad_CommandsWithoutDatabaseOrSecrets(t *testing.T) {
	t.Parallel()

	w := bare()
	w.opts.Skip = settings.SkipSecrets | settings.SkipDatabase
	require.Equal(t, ":8000", w.must(t).Server.Public.Address)
}

func TestLoad_DevModeNeedsNothing(t *testing.T) {
	t.Parallel()

	w := bare().with("DATABASE_URL=postgres://other:program@db/x", "AUDIT_LOG_STORAGE_ENABLED=true", "RATE_LIMITER_ENABLED=false")
	w.opts.Dev = true
	w.flags = []string{"--data", "/tmp/lk", "--public-addr", "127.0.0.1:9000"}
	s, notices, err := w.load(t)
	require.NoError(t, err)

	require.Equal(t, "sqlite:///tmp/lk/latchkeep.db", s.Database.URL.Reveal())
	require.True(t, containing(warnings(notices), "LATCHKEEP_DATABASE_URL"))
	require.True(t, s.Dev.Enabled)
	require.True(t, s.Database.AutoMigrate)
	require.True(t, s.AuditLog.Storage.Enabled)
	require.False(t, s.RateLimiter.Enabled)
	require.Equal(t, "text", s.Log.Format)
	require.Equal(t, "http://localhost:9000", s.Public.BaseURL.String())

	w.with("LATCHKEEP_DATABASE_URL=sqlite://mine.db")
	require.Equal(t, "sqlite://mine.db", w.must(t).Database.URL.Reveal())
}

func TestLoad_DevModeComesFromTheCommandOnly(t *testing.T) {
	t.Parallel()

	require.Equal(t, "LATCHKEEP_DEV", minimal().with("LATCHKEEP_DEV=true").fails(t)[0].Key)
	s, notices, err := minimal().file("dev: {enabled: true}").load(t)
	require.NoError(t, err)
	require.False(t, s.Dev.Enabled)
	require.True(t, containing(warnings(notices), "dev.enabled"))
}

func TestLimits_OfAccountsStandBesideThoseOfClients(t *testing.T) {
	t.Parallel()

	rl := minimal().must(t).RateLimiter
	require.Equal(t, settings.Limit{Tokens: 30, Interval: time.Hour}, rl.AccountPasscode)
	require.Equal(t, settings.Limit{Tokens: 100, Interval: time.Hour}, rl.AccountPassword)

	rl = minimal().with("LATCHKEEP_RATE_LIMITER_ACCOUNT_PASSCODE_LIMITS_TOKENS=0",
		"LATCHKEEP_RATE_LIMITER_ACCOUNT_PASSWORD_LIMITS_INTERVAL=10m").must(t).RateLimiter
	require.Equal(t, settings.Limit{Tokens: 1, Interval: time.Hour}, rl.AccountPasscode)
	require.Equal(t, settings.Limit{Tokens: 100, Interval: 10 * time.Minute}, rl.AccountPassword)
}
