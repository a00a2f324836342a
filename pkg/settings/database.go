package settings

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
)

var errURLSyntax = errors.New("is not a URL; special characters in user and password must be percent-encoded (# is %23, / is %2F, @ is %40)")

// parseDatabaseURL checks a database URL and spells its scheme and host in one way. Errors never repeat the URL.
func parseDatabaseURL(text string) (SecretURL, string, error) {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(text), "://")
	if !ok {
		return "", "", errors.New("must look like postgres://user:password@host:port/database")
	}
	dialect, err := dialectOf(scheme)
	if err != nil {
		return "", "", err
	}
	if dialect == "sqlite" {
		if path, _, _ := strings.Cut(rest, "?"); path == "" {
			return "", "", errors.New("names no file: sqlite://path")
		}
		return SecretURL("sqlite://" + rest), dialect, nil
	}
	if dialect == "mysql" {
		// user:password@tcp(host:port)/database, the driver's own spelling
		rest = regexp.MustCompile(`@(?:tcp)?\(([^()]*)\)`).ReplaceAllString(rest, "@$1")
	}
	u, err := url.Parse(dialect + "://" + rest)
	if err != nil {
		return "", "", errURLSyntax // the parser's own error quotes the URL
	}
	if u.Fragment != "" || u.RawFragment != "" {
		return "", "", errURLSyntax
	}
	if strings.Trim(u.Path, "/") == "" {
		return "", "", errors.New("names no database: " + dialect + "://user:password@host:port/database")
	}
	if u.Hostname() == "" && u.Query().Get("host") == "" {
		return "", "", errors.New("names no host: " + dialect + "://user:password@host:port/database")
	}
	return SecretURL(u.String()), dialect, nil
}

// dialectOf maps the names people use to the three dialects there are.
func dialectOf(name string) (string, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "postgres", "postgresql":
		return "postgres", nil
	case "mysql", "mariadb":
		return "mysql", nil
	case "sqlite", "sqlite3":
		return "sqlite", nil
	case "cockroach", "cockroachdb":
		return "", errors.New("CockroachDB is not supported: it is not tested; use postgres, mysql, mariadb or sqlite")
	default:
		return "", fmt.Errorf("unknown database dialect; use postgres, mysql, mariadb or sqlite")
	}
}

// databaseParts are the pieces a URL is composed from.
type databaseParts struct {
	dialect, host, port, user, password, database string
}

// url composes the URL; the parts may contain anything.
func (p databaseParts) url() string {
	if p.dialect == "sqlite" {
		return "sqlite://" + p.database
	}
	u := url.URL{Scheme: p.dialect, User: url.UserPassword(p.user, p.password), Path: "/" + p.database}
	if strings.HasPrefix(p.host, "/") { // directory of a socket
		u.RawQuery = url.Values{"host": {p.host}, "port": {p.port}}.Encode()
		return u.String()
	}
	u.Host = net.JoinHostPort(strings.Trim(p.host, "[]"), p.port)
	return u.String()
}

// parseRedisURL checks a Redis URL. Errors never repeat it.
func parseRedisURL(text string) (SecretURL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return "", errURLSyntax
	}
	switch u.Scheme {
	case "redis", "rediss":
		if u.Hostname() == "" {
			return "", errors.New("names no host: redis://:password@host:6379/0")
		}
	case "unix":
		if u.Path == "" {
			return "", errors.New("names no socket: unix:///run/redis/redis.sock")
		}
	default:
		return "", errors.New("must start with redis://, rediss:// or unix://")
	}
	return SecretURL(u.String()), nil
}

// redisURL is the URL of a host:port and a password.
func redisURL(address, password string) string {
	u := url.URL{Scheme: "redis", Host: address, Path: "/0"}
	if password != "" {
		u.User = url.UserPassword("", password)
	}
	return u.String()
}
