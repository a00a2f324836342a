package settings

import "time"

// Keys lists every process setting, in the order of the documentation.
func Keys() []Key {
	keys := []Key{}
	for _, group := range [][]Key{listenerKeys(), databaseKeys(), secretKeys(), limitKeys(), auditKeys(), otherKeys(), quotaKeys(), tlsKeys()} {
		keys = append(keys, group...)
	}
	for i := range keys {
		keys[i].Since = "0.1.0"
	}
	return keys
}

// same is a key that Hanko has under the same path.
func same(path, env string) []HankoName {
	return []HankoName{{Path: path, Env: env}}
}

func listenerKeys() []Key {
	return []Key{
		{Path: "server.public.address", Kind: Text, Default: ":8000", Flag: "public-addr",
			Hanko:   same("server.public.address", "SERVER_PUBLIC_ADDRESS"),
			Meaning: "listen address of the public API: what browsers and apps of all tenants talk to"},
		{Path: "server.admin.address", Kind: Text, Default: ":8001", Flag: "admin-addr",
			Hanko:   same("server.admin.address", "SERVER_ADMIN_ADDRESS"),
			Meaning: "listen address of the admin API: what the back ends of tenants talk to"},
		{Path: "server.console.address", Kind: Text, Default: ":8002", Flag: "console-addr",
			Hanko:   same("server.management.address", "SERVER_MANAGEMENT_ADDRESS"),
			Meaning: "listen address of the operator's console and its API"},
		{Path: "server.ops.address", Kind: Text, Default: ":8003", Flag: "ops-addr",
			Meaning: "listen address of /livez, /readyz and /metrics"},
		{Path: "server.drain_delay", Kind: Duration, Default: time.Duration(0),
			Meaning: "how long a server that was told to end still answers, while it says that it is not ready: longer than a balancer takes to notice"},
		{Path: "server.ip.extractor", Kind: Text, Default: "direct",
			Hanko:   same("server.ip.extractor", "SERVER_IP_EXTRACTOR"),
			Meaning: "how the address of a client is found: `direct` (the peer), `x_forwarded_for` or `x_real_ip`"},
		{Path: "server.ip.trusted_proxies", Kind: List,
			Hanko:   same("server.ip.trusted_proxies", "SERVER_IP_TRUSTEDPROXIES"),
			Meaning: "networks (CIDR) of the proxies whose header is believed; no other range is trusted, private ones neither"},
		{Path: "public.base_url", Kind: Text, Flag: "base-url", Shown: "`http://localhost:` and the public port",
			Meaning: "scheme and base domain of the public addresses of tenants, such as `https://example.com` for `https://{slug}.example.com`"},
		{Path: "admin.base_url", Kind: Text, Shown: "`http://localhost:` and the admin port",
			Meaning: "where back ends reach the admin API; shown to those who create tenants"},
		{Path: "console.base_url", Kind: Text, Shown: "`http://localhost:` and the console port",
			Meaning: "where operators reach the console; links for them are made from it"},
	}
}

func databaseKeys() []Key {
	return []Key{
		{Path: "database.url", Kind: Text, Secret: true, Flag: "database-url",
			Hanko:   same("database.url", "DATABASE_URL"),
			Meaning: "`postgres://user:password@host:port/database`, `mysql://…` (MariaDB too) or `sqlite://path`; the role used at run time. Wins over the parts below"},
		{Path: "database.migrate_url", Kind: Text, Secret: true, Shown: "`database.url`",
			Meaning: "the same database as the role that owns the tables, used by migrations only"},
		{Path: "database.auto_migrate", Kind: Bool, Default: false, Shown: "`false` (`true` in dev mode)", Flag: "auto-migrate",
			Meaning: "apply pending migrations at start instead of refusing to start"},
		{Path: "database.transaction_pooler", Kind: Bool, Default: false,
			Meaning: "PostgreSQL is reached through a pooler that lends connections by the transaction (PgBouncer): tell it the tenant in each"},
		{Path: "database.dialect", Kind: Text, Default: "postgres",
			Hanko:   same("database.dialect", "DATABASE_DIALECT"),
			Meaning: "`postgres`, `mysql`, `mariadb` or `sqlite`"},
		{Path: "database.host", Kind: Text, Default: "localhost",
			Hanko:   same("database.host", "DATABASE_HOST"),
			Meaning: "host name, address, or directory of the PostgreSQL socket"},
		{Path: "database.port", Kind: Text, Default: "5432", Shown: "`5432` (`3306` for MySQL and MariaDB)",
			Hanko:   same("database.port", "DATABASE_PORT"),
			Meaning: "port"},
		{Path: "database.user", Kind: Text, Default: "hanko",
			Hanko:   same("database.user", "DATABASE_USER"),
			Meaning: "user"},
		{Path: "database.password", Kind: Text, Default: defaultPassword, Secret: true, Shown: "`hanko`",
			Hanko:   same("database.password", "DATABASE_PASSWORD"),
			Meaning: "password. The default is warned of for a database on another machine"},
		{Path: "database.database", Kind: Text, Default: "hanko",
			Hanko:   same("database.database", "DATABASE_DATABASE"),
			Meaning: "name of the database; the path of the file for `sqlite`"},
		{Path: "database.pool", Kind: Int, Default: 5,
			Hanko:   same("database.pool", "DATABASE_POOL"),
			Meaning: "most connections open at once, per process"},
		{Path: "database.idle_pool", Kind: Int, Default: 0,
			Hanko:   same("database.idle_pool", "DATABASE_IDLEPOOL"),
			Meaning: "most connections kept open while idle; `0`: as many as `database.pool`"},
		{Path: "database.conn_max_lifetime", Kind: Duration, Default: time.Hour,
			Hanko:   same("database.conn_max_lifetime", "DATABASE_CONNMAXLIFETIME"),
			Meaning: "a connection is replaced at this age; `0s`: never"},
		{Path: "database.conn_max_idletime", Kind: Duration, Default: 5 * time.Minute,
			Hanko:   same("database.conn_max_idletime", "DATABASE_CONNMAXIDLETIME"),
			Meaning: "a connection is closed after being idle for this long; `0s`: never"},
		{Path: "redis.url", Kind: Text, Secret: true, Flag: "redis-url",
			Meaning: "`redis://:password@host:port/db`, `rediss://…` or `unix://…`. Without it, queue and rate limits live in the process: one node only"},
	}
}

func secretKeys() []Key {
	return []Key{
		{Path: "secrets.keys", Kind: List, Secret: true,
			Hanko:   []HankoName{{Path: "secret_keys", Env: "SECRET_KEYS"}, {Path: "secrets.keys", Env: "SECRETS_KEYS"}},
			Meaning: "master secrets of at least 16 bytes, newest first: the first encrypts, all decrypt. `secret_keys` wins where both are given at the same level"},
	}
}

func limitKeys() []Key {
	keys := []Key{
		{Path: "rate_limiter.enabled", Kind: Bool, Default: true,
			Hanko:   same("rate_limiter.enabled", "RATE_LIMITER_ENABLED"),
			Meaning: "limit attempts at passwords and codes"},
		{Path: "rate_limiter.store", Kind: Text, Shown: "`redis` with `redis.url`, else `in_memory`",
			Hanko: same("rate_limiter.store", "RATE_LIMITER_STORE"), Legacy: []string{"rate_limiter.backend"},
			Meaning: "`in_memory` (each process counts for itself) or `redis`"},
		{Path: "rate_limiter.redis_config.address", Kind: Text,
			Hanko:   same("rate_limiter.redis_config.address", "RATE_LIMITER_REDIS_ADDRESS"),
			Meaning: "`host:port` of Redis; `redis.url` is made from it when that is not set and the store is `redis`"},
		{Path: "rate_limiter.redis_config.password", Kind: Text, Secret: true,
			Hanko:   same("rate_limiter.redis_config.password", "RATE_LIMITER_REDIS_PASSWORD"),
			Meaning: "its password"},
	}
	for _, l := range []struct {
		name, meaning string
		tokens        int
	}{
		{"passcode", "mails with a code per client and address", 3},
		{"otp", "attempts at an authenticator code per client and user", 3},
		{"password", "attempts at a password per client and identifier", 5},
		{"token", "exchanges of a one-time token per client", 3},
	} {
		path, env := "rate_limiter."+l.name+"_limits", "RATE_LIMITER_"+upper(l.name)+"_LIMITS"
		keys = append(keys,
			Key{Path: path + ".tokens", Kind: Uint, Default: uint(l.tokens),
				Hanko:   same(path+".tokens", env+"_TOKENS"),
				Meaning: l.meaning + " in one interval; `0` acts as `1`"},
			Key{Path: path + ".interval", Kind: Duration, Default: time.Minute,
				Hanko:   same(path+".interval", env+"_INTERVAL"),
				Meaning: "the interval; `0s` or less acts as `1s`"})
	}
	for _, l := range []struct {
		name, meaning string
		tokens        int
		interval      time.Duration
	}{
		{"account_passcode", "mails with a code per address, whoever asks", 30, time.Hour},
		{"account_password", "attempts at a password per identifier, whoever tries", 100, time.Hour},
		{"account_otp", "attempts at the code of an authenticator app per user, whoever tries", 30, time.Hour},
		{"third_party", "sign-ins through a third party, OAuth and SAML together, that a client begins", 60, time.Minute},
	} {
		path := "rate_limiter." + l.name + "_limits"
		keys = append(keys,
			Key{Path: path + ".tokens", Kind: Uint, Default: uint(l.tokens), Meaning: l.meaning + " in one interval; `0` acts as `1`"},
			Key{Path: path + ".interval", Kind: Duration, Default: l.interval, Meaning: "the interval; `0s` or less acts as `1s`"})
	}
	unused := "accepted and ignored: flows are guarded by their version, not by a lock"
	return append(keys,
		Key{Path: "flow_locker.enabled", Kind: Bool, Default: true, Unused: true,
			Hanko: same("flow_locker.enabled", "FLOWLOCKER_ENABLED"), Meaning: unused},
		Key{Path: "flow_locker.store", Kind: Text, Default: "in_memory", Unused: true,
			Hanko: same("flow_locker.store", "FLOWLOCKER_STORE"), Meaning: unused},
		Key{Path: "flow_locker.redis_config.address", Kind: Text, Unused: true,
			Hanko: same("flow_locker.redis_config.address", "FLOWLOCKER_REDIS_ADDRESS"), Meaning: "as `rate_limiter.redis_config.address`, when the store of this block is `redis`"},
		Key{Path: "flow_locker.redis_config.password", Kind: Text, Secret: true, Unused: true,
			Hanko: same("flow_locker.redis_config.password", "FLOWLOCKER_REDIS_PASSWORD"), Meaning: "its password"},
		Key{Path: "flow_locker.ttl", Kind: Duration, Default: time.Duration(0), Unused: true,
			Hanko: same("flow_locker.ttl", "FLOWLOCKER_TTL"), Meaning: unused},
	)
}

func auditKeys() []Key {
	return []Key{
		{Path: "audit_log.console_output.enabled", Kind: Bool, Default: true,
			Hanko:   same("audit_log.console_output.enabled", "AUDIT_LOG_CONSOLE_OUTPUT_ENABLED"),
			Meaning: "print each audit record as one JSON line"},
		{Path: "audit_log.console_output.output", Kind: Text, Default: "stdout",
			Hanko:   same("audit_log.console_output.output", "AUDIT_LOG_CONSOLE_OUTPUT_OUTPUT_STREAM"),
			Meaning: "`stdout` or `stderr`; anything else acts as `stdout`"},
		{Path: "audit_log.mask", Kind: Bool, Default: true,
			Hanko:   same("audit_log.mask", "AUDIT_LOG_MASK"),
			Meaning: "mask addresses and user names in printed and stored records"},
		{Path: "audit_log.storage.enabled", Kind: Bool, Default: false,
			Hanko:   same("audit_log.storage.enabled", "AUDIT_LOG_STORAGE_ENABLED"),
			Meaning: "store audit records in the database"},
		{Path: "audit_log.retention", Kind: Text, Default: "720h",
			Hanko:   same("audit_log.retention", "AUDIT_LOG_RETENTION"),
			Meaning: "age (a duration) at which the worker, and `cleanup`, remove stored records"},
		{Path: "audit_log.erase_deleted_users", Kind: Bool, Default: true,
			Meaning: "when a user is deleted, erase what is personal in the records about her; the log can still be verified (see audit-log.md)"},
	}
}

func otherKeys() []Key {
	mail := func(name, env, meaning string, kind Kind, secret bool) Key {
		path := "default_email_delivery." + name
		k := Key{Path: path, Kind: kind, Secret: secret, Hanko: same(path, "DEFAULT_EMAIL_DELIVERY_"+env), Meaning: meaning}
		if kind == Bool {
			k.Default = false
		}
		return k
	}
	return []Key{
		{Path: "multi_tenancy.enabled", Kind: Bool, Default: true,
			Shown:   "`true`; `false` when the file holds settings of a tenant at top level",
			Hanko:   same("multi_tenancy.enabled", "MULTITENANCY_ENABLED"),
			Meaning: "`true`: tenants are provisioned and kept in the database. `false`: one tenant, configured by file and environment, served at `/`"},
		{Path: "tenants.grace", Kind: Text, Default: "720h",
			Meaning: "how long (a duration) a deleted tenant can be restored before its data is erased; whoever deletes one may choose a shorter time"},
		{Path: "tenants.max_import", Kind: Int, Default: 4 << 30,
			Meaning: "most bytes of a bundle that API and console import; the command line takes any"},
		{Path: "mails.retention", Kind: Text, Default: "168h",
			Meaning: "how long (a duration) the log of mails tells of one that was sent or dropped"},
		{Path: "egress.allow_cidrs", Kind: List,
			Meaning: "networks (CIDR) that webhooks, identity providers and tenants' mail hosts may be in besides public ones"},
		mail("enabled", "ENABLED", "give tenants without a mail host of their own this one", Bool, false),
		mail("from_address", "FROM_ADDRESS", "sender address", Text, false),
		mail("from_name", "FROM_NAME", "sender name", Text, false),
		mail("smtp.host", "SMTP_HOST", "mail host", Text, false),
		mail("smtp.port", "SMTP_PORT", "its port; 465 means TLS from the start", Text, false),
		mail("smtp.user", "SMTP_USER", "user; empty: no authentication", Text, false),
		mail("smtp.password", "SMTP_PASSWORD", "password", Text, true),
		{Path: "default_email_delivery.smtp.tls", Kind: Text, Default: "opportunistic",
			Meaning: "`opportunistic`: STARTTLS where the host offers it; `required`: nothing is sent to a host that does not; `implicit`: TLS from the start on any port"},
		{Path: "log.level", Kind: Text, Default: "info", Shown: "`info` (`debug` with `debug: true`)", Flag: "log-level",
			Meaning: "`debug`, `info`, `warn` or `error`"},
		{Path: "log.format", Kind: Text, Default: "json", Shown: "`json` (`text` in dev mode)", Flag: "log-format",
			Meaning: "`json` or `text`"},
		{Path: "log.log_health_and_metrics", Kind: Bool, Default: false,
			Hanko:   same("log.log_health_and_metrics", "LOG_LOGHEALTHANDMETRICS"),
			Meaning: "write access-log lines for health and metrics requests too"},
		{Path: "traces.endpoint", Kind: Text,
			Meaning: "collector that takes traces by OTLP over HTTP, such as `http://collector:4318`; empty: none are made. `OTEL_EXPORTER_OTLP_HEADERS` and the like count, too"},
		{Path: "traces.ratio", Kind: Text, Default: "0.01",
			Meaning: "the part of the requests that are traced, from 0 to 1"},
		{Path: "traces.trust_callers", Kind: Bool, Default: false,
			Meaning: "let callers say by the header `traceparent` what is traced, and under which id. Only where a proxy of yours sets or removes it"},
		{Path: "debug", Kind: Bool, Default: false, Hanko: same("debug", "DEBUG"),
			Meaning: "log more. Answers never carry internal errors, whatever this says"},
		{Path: "dev.data", Kind: Text, Default: ".latchkeep", Flag: "data",
			Meaning: "directory of everything the dev command keeps"},
	}
}
