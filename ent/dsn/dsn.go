// Package dsn understands database URLs: which database one names, and how to say so to its driver.
//
//	postgres://user:password@host:5432/name?sslmode=verify-full
//	mysql://user:password@host:3306/name?tls=true          (MySQL and MariaDB)
//	sqlite:///var/lib/latchkeep/latchkeep.db, sqlite://./latchkeep.db
//
// It opens nothing but plain handles for administration; the program's own pool is ent/store.
package dsn

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// A Source is a database that a URL names.
type Source struct {
	// Dialect is dialect.Postgres, dialect.MySQL or dialect.SQLite.
	Dialect string
	// Path is the file of an SQLite database.
	Path string
	url  *url.URL
	raw  string
}

// Parse reads a database URL. Its errors never contain the password.
func Parse(raw string) (Source, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return Source{}, errors.New("database URL: want postgres://, mysql:// or sqlite://")
	}
	switch scheme {
	case "postgres", "postgresql":
		return parseServer(dialect.Postgres, raw)
	case "mysql", "mariadb":
		return parseServer(dialect.MySQL, raw)
	case "sqlite":
		return parseSQLite(rest, raw)
	default:
		return Source{}, fmt.Errorf("database URL: %q is not supported: want postgres://, mysql:// or sqlite://", scheme+"://")
	}
}

func parseServer(name, raw string) (Source, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// The error quotes what it stumbled over, which may be a piece of the password.
		return Source{}, errors.New("database URL: malformed; percent-encode special characters of the user and the password")
	}
	if u.Host == "" && u.Query().Get("host") == "" {
		return Source{}, errors.New("database URL: the host is missing")
	}
	if strings.Trim(u.Path, "/") == "" {
		return Source{}, errors.New("database URL: the name of the database is missing")
	}
	return Source{Dialect: name, url: u, raw: raw}, nil
}

func parseSQLite(rest, raw string) (Source, error) {
	path, query, _ := strings.Cut(rest, "?")
	path, err := url.PathUnescape(path)
	if err != nil {
		return Source{}, errors.New("database URL: the path is not correctly percent-encoded")
	}
	if path == "" || path == "/" {
		return Source{}, errors.New("database URL: the path of the file is missing, as in sqlite:///var/lib/latchkeep/latchkeep.db")
	}
	if strings.Contains(path, ":memory:") {
		return Source{}, errors.New("database URL: SQLite needs a file; one in memory would be another for each connection")
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return Source{}, errors.New("database URL: the parameters are not correctly encoded")
	}
	for name := range values {
		if name != "synchronous" {
			return Source{}, fmt.Errorf("database URL: sqlite:// has no parameter %q; there is only synchronous=full|normal|off", name)
		}
	}
	switch values.Get("synchronous") {
	case "", "full", "normal", "off":
	default:
		return Source{}, errors.New("database URL: synchronous must be full, normal or off")
	}
	return Source{Dialect: dialect.SQLite, Path: path, url: &url.URL{RawQuery: query}, raw: raw}, nil
}

// Raw is the URL as it was given, with its password.
func (s Source) Raw() string { return s.raw }

// String is the URL without its password, for logs.
func (s Source) String() string {
	if s.Dialect == dialect.SQLite {
		return "sqlite://" + s.Path
	}
	u := *s.url
	u.RawQuery = ""
	return u.Redacted()
}

// MySQL is the configuration of the MySQL driver that the program counts on: UTC, microseconds, found rows, strict, one round trip a query.
func (s Source) MySQL() (*mysql.Config, error) {
	host, port := s.url.Hostname(), s.url.Port()
	if port == "" {
		port = "3306"
	}
	base := mysql.NewConfig()
	base.Net, base.Addr, base.DBName = "tcp", net.JoinHostPort(host, port), strings.Trim(s.url.Path, "/")
	if socket := s.url.Query().Get("socket"); socket != "" {
		base.Net, base.Addr = "unix", socket
	}
	// The parameters go through the driver's own parser, so that all of them (tls, timeout, …) mean what its documentation says.
	query := s.url.Query()
	query.Del("socket")
	text := base.FormatDSN()
	if extra := query.Encode(); extra != "" {
		sep := "?"
		if strings.Contains(text, "?") {
			sep = "&"
		}
		text += sep + extra
	}
	c, err := mysql.ParseDSN(text)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if s.url.User != nil {
		c.User = s.url.User.Username()
		c.Passwd, _ = s.url.User.Password()
	}
	c.ParseTime, c.Loc, c.ClientFoundRows, c.InterpolateParams = true, time.UTC, true, true
	if err := c.Apply(mysql.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	c.Params["time_zone"] = "'+00:00'"
	c.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	return c, nil
}

// SQLite is the data source name of the SQLite driver: write-ahead log, foreign keys, and the further parameters given as name and value.
func (s Source) SQLite(parameters ...string) string {
	synchronous := s.url.Query().Get("synchronous")
	if synchronous == "" {
		synchronous = "full"
	}
	values := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "foreign_keys(1)", "synchronous(" + synchronous + ")"}}
	for i := 0; i+1 < len(parameters); i += 2 {
		values.Add(parameters[i], parameters[i+1])
	}
	path := url.URL{Path: s.Path}
	return "file:" + path.EscapedPath() + "?" + values.Encode()
}

// OpenPlain opens a plain handle for migrations and administration. It has one connection where the database is SQLite, because the
// settings that migrations switch belong to a connection.
func (s Source) OpenPlain() (*sql.DB, error) {
	switch s.Dialect {
	case dialect.Postgres:
		return sql.Open("pgx", s.raw)
	case dialect.MySQL:
		c, err := s.MySQL()
		if err != nil {
			return nil, err
		}
		connector, err := mysql.NewConnector(c)
		if err != nil {
			return nil, fmt.Errorf("database URL: %w", err)
		}
		return sql.OpenDB(connector), nil
	case dialect.SQLite:
		if err := s.CreateFile(); err != nil {
			return nil, err
		}
		db, err := sql.Open("sqlite", s.SQLite("_txlock", "immediate"))
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		return db, nil
	default:
		return nil, errors.New("database URL: empty")
	}
}
