package settings

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// defaultPassword is what database.password is where nobody sets it, for configurations written for Hanko.
const defaultPassword = "hanko"

// database composes and checks the URLs and the pool.
func (c *checker) database() {
	c.pool()
	if c.o.Skip&SkipDatabase != 0 && !c.anyDatabase() {
		return
	}
	text := strings.TrimSpace(c.tree.String("database.url"))
	path := "database.url"
	if text == "" {
		var ok bool
		if text, path, ok = c.composed(); !ok {
			return
		}
	}
	url, dialect, err := parseDatabaseURL(text)
	if err != nil {
		c.problem(path, err.Error(), "")
		return
	}
	c.s.Database.URL, c.s.Database.Dialect, c.s.Database.MigrateURL = url, dialect, url
	c.knownPassword(path, url.Reveal())

	owner := strings.TrimSpace(c.tree.String("database.migrate_url"))
	if owner == "" {
		return
	}
	migrate, other, err := parseDatabaseURL(owner)
	switch {
	case err != nil:
		c.problem("database.migrate_url", err.Error(), "")
	case other != dialect:
		c.problem("database.migrate_url", "is "+other+", but database.url is "+dialect, "both must name the same database")
	default:
		c.s.Database.MigrateURL = migrate
		c.knownPassword("database.migrate_url", migrate.Reveal())
	}
}

// knownPassword refuses the default password, which everybody knows, for a database that others could reach too: any but one on this machine. In
// the parts of a configuration that was written for Hanko, where it is the default, it is warned of.
func (c *checker) knownPassword(path, text string) {
	u, err := url.Parse(text)
	if err != nil || c.o.Dev {
		return
	}
	password, _ := u.User.Password()
	host := u.Hostname()
	if host == "" { // a socket is named by a parameter
		host = u.Query().Get("host")
	}
	if password != defaultPassword || host == "" || host == "localhost" || strings.HasPrefix(host, "/") {
		return
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() {
		return
	}
	if path == "database.host" {
		if c.isSet("database.password") { // else it is warned of anyway
			c.r.warn(Origin{Name: "database.password"}, "is the default, which everybody knows, for a database on another machine")
		}
		return
	}
	c.problem(path, "has the default password, which everybody knows, for a database on another machine", "give the database user another password")
}

func (c *checker) pool() {
	db := &c.s.Database
	if db.Pool < 1 {
		c.problem("database.pool", "must be at least 1", "")
	}
	if db.IdlePool < 0 {
		c.problem("database.idle_pool", "must not be negative", "")
	}
	if db.IdlePool == 0 || db.IdlePool > db.Pool {
		db.IdlePool = db.Pool
	}
	for path, d := range map[string]time.Duration{
		"database.conn_max_lifetime": db.ConnMaxLifetime,
		"database.conn_max_idletime": db.ConnMaxIdleTime,
	} {
		if d < 0 {
			c.problem(path, "must not be negative", "0s means without limit")
		}
	}
}

// partPaths are the keys a URL is composed from.
func partPaths() []string {
	return []string{"database.dialect", "database.host", "database.port", "database.user", "database.password", "database.database"}
}

func (c *checker) anyDatabase() bool {
	for _, path := range append(partPaths(), "database.url", "database.migrate_url") {
		if c.isSet(path) {
			return true
		}
	}
	return c.tree.String("database.url") != ""
}

// composed makes the URL of the parts. path is the key that a mistake in it should be blamed on.
func (c *checker) composed() (text, path string, ok bool) {
	any := false
	for _, path := range partPaths() {
		any = any || c.isSet(path)
	}
	if !any {
		if c.o.Dev {
			return "sqlite://" + strings.TrimRight(c.s.Dev.Data, "/") + "/latchkeep.db", "dev.data", true
		}
		if owner := c.tree.String("database.migrate_url"); owner != "" && c.o.Skip&(SkipDatabase|SkipRunRole) != 0 {
			return owner, "database.migrate_url", true
		}
		if !c.failed("database.url") {
			c.problem("database.url", "is missing", "set it to postgres://user:password@host:5432/database, mysql://… or sqlite://path")
		}
		return "", "", false
	}
	dialect, err := dialectOf(c.tree.String("database.dialect"))
	if strings.TrimSpace(c.tree.String("database.dialect")) == "" {
		c.problem("database.dialect", "must not be empty", "use postgres, mysql, mariadb or sqlite, or set database.url")
		return "", "", false
	}
	if err != nil {
		c.problem("database.dialect", err.Error(), "")
		return "", "", false
	}
	parts := databaseParts{
		dialect:  dialect,
		host:     c.tree.String("database.host"),
		port:     c.tree.String("database.port"),
		user:     c.tree.String("database.user"),
		password: c.tree.String("database.password"),
		database: c.tree.String("database.database"),
	}
	if dialect == "mysql" && !c.isSet("database.port") {
		parts.port = "3306"
	}
	ok = true
	for _, part := range []struct{ path, val string }{
		{"database.host", parts.host}, {"database.port", parts.port},
		{"database.user", parts.user}, {"database.database", parts.database},
	} {
		if dialect == "sqlite" && part.path != "database.database" {
			continue
		}
		if strings.TrimSpace(part.val) == "" {
			c.problem(part.path, "must not be empty", "or set database.url")
			ok = false
		}
	}
	if dialect != "sqlite" && !c.isSet("database.password") {
		c.r.warn(Origin{Name: "database.password"}, "is not set: the default, which everybody knows, is used")
	}
	return parts.url(), "database.host", ok
}

// redis finds the URL: our own key, else the address in the blocks of a Hanko file that choose Redis.
func (c *checker) redis() {
	text, path := c.tree.String("redis.url"), "redis.url"
	if strings.TrimSpace(text) == "" {
		text, path = c.hankoRedis()
	}
	if text == "" {
		return
	}
	url, err := parseRedisURL(text)
	if err != nil {
		c.problem(path, err.Error(), "")
		return
	}
	c.s.Redis.URL = url
}

func (c *checker) hankoRedis() (text, path string) {
	for _, block := range []string{"rate_limiter", "flow_locker"} {
		if !c.tree.Bool(block+".enabled") || c.tree.String(block+".store") != "redis" {
			continue
		}
		path = block + ".redis_config.address"
		address := strings.TrimSpace(c.tree.String(path))
		if address == "" {
			continue
		}
		if _, port, err := net.SplitHostPort(address); err != nil || port == "" || strings.Contains(address, "/") {
			c.problem(path, "must be host:port", "or set redis.url, which may also choose a database")
			continue
		}
		return redisURL(address, c.tree.String(block+".redis_config.password")), path
	}
	return "", ""
}
