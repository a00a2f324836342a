package processes

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/freeport"
)

// A Database is a server that can be killed, and how it is reached. An embedded one has no process.
type Database struct {
	Name    string
	Process *Process // nil where it is embedded
	URL     string
}

// Open connects to the database.
func (d *Database) Open(t testing.TB) *sql.DB {
	t.Helper()
	source, err := dsn.Parse(d.URL)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	return db
}

// StopSignal ends the server in its order, without waiting for its clients.
func (d *Database) StopSignal() syscall.Signal {
	if d.Name == "postgres" {
		return syscall.SIGINT // fast shutdown
	}
	return syscall.SIGTERM
}

// answers reports whether the database takes statements.
func (d *Database) answers(ctx context.Context) bool {
	source, err := dsn.Parse(d.URL)
	if err != nil {
		return false
	}
	db, err := source.OpenPlain()
	if err != nil {
		return false
	}
	defer db.Close()
	var one int
	return db.QueryRowContext(ctx, "SELECT 1").Scan(&one) == nil
}

// home is a directory of a server, which its user may read.
func home(t testing.TB, name, owner string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "latchkeep-chaos-") //nolint:usetesting // short: a socket's path has at most 107 characters
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o711))
	sub := filepath.Join(dir, name)
	require.NoError(t, os.Mkdir(sub, 0o700))
	if c := credential(t, owner); c != nil {
		require.NoError(t, os.Chown(sub, int(c.Uid), int(c.Gid)))
	}
	return sub
}

// NewPostgres starts PostgreSQL as it is run for good: what it has committed it has written.
func NewPostgres(t testing.TB) *Database {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require.NoError(t, err)
	require.NotEmpty(t, found, "PostgreSQL is not installed: scripts/install-test-tools postgresql")
	sort.Strings(found)
	bin, dir := found[len(found)-1], home(t, "pg", "postgres")
	Run(t, "postgres", os.Environ(), filepath.Join(bin, "initdb"), "-D", dir+"/data", "-U", "latchkeep", "--auth=trust", "-E", "UTF8", "--locale=C")
	port := freeport.Get(t)
	d := &Database{Name: "postgres", URL: "postgres://latchkeep@127.0.0.1:" + port + "/postgres?sslmode=disable"}
	d.Process = &Process{
		Name: "PostgreSQL", As: "postgres", Env: []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")},
		Args:  []string{filepath.Join(bin, "postgres"), "-D", dir + "/data", "-c", "listen_addresses=127.0.0.1", "-c", "port=" + port, "-c", "unix_socket_directories=" + dir, "-c", "max_connections=200"},
		Ready: d.answers,
	}
	return d
}

// NewMariaDB starts MariaDB as it is run for good.
func NewMariaDB(t testing.TB) *Database {
	t.Helper()
	server, err := exec.LookPath("mariadbd")
	require.NoError(t, err, "MariaDB is not installed: scripts/install-test-tools mariadb")
	install, err := exec.LookPath("mariadb-install-db")
	require.NoError(t, err)
	dir := home(t, "my", "mysql")
	Run(t, "mysql", os.Environ(), install, "--no-defaults", "--datadir="+dir+"/data", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
	password := rand.Text()
	script := filepath.Join(dir, "init.sql")
	require.NoError(t, os.WriteFile(script, []byte("CREATE USER IF NOT EXISTS latchkeep@'127.0.0.1' IDENTIFIED BY '"+password+"';\n"+
		"GRANT ALL ON *.* TO latchkeep@'127.0.0.1';\nCREATE DATABASE IF NOT EXISTS latchkeep CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"), 0o644))
	port := freeport.Get(t)
	d := &Database{Name: "mariadb", URL: "mysql://latchkeep:" + password + "@127.0.0.1:" + port + "/latchkeep"}
	d.Process = &Process{
		Name: "MariaDB", As: "mysql", Env: []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")},
		Args: []string{
			server, "--no-defaults", "--datadir=" + dir + "/data", "--bind-address=127.0.0.1", "--port=" + port, "--socket=" + dir + "/s", "--pid-file=" + dir + "/pid",
			"--init-file=" + script, "--skip-name-resolve", "--default-time-zone=+00:00", "--max-connections=200", "--innodb-buffer-pool-size=128M", "--skip-log-bin",
		},
		Ready: d.answers,
	}
	return d
}

// NewSQLite is a file beside the program.
func NewSQLite(t testing.TB) *Database {
	t.Helper()
	return &Database{Name: "sqlite", URL: "sqlite://" + filepath.Join(home(t, "db", ""), "latchkeep.db")}
}

// NewRedis starts a Redis that forgets everything when it is killed.
func NewRedis(t testing.TB) *Process {
	t.Helper()
	server, err := exec.LookPath("redis-server")
	require.NoError(t, err, "Redis is not installed: scripts/install-test-tools redis")
	port := freeport.Get(t)
	return &Process{
		Name: "Redis", Env: []string{"PATH=" + os.Getenv("PATH")},
		Args:  []string{server, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"},
		Ready: listens("127.0.0.1:" + port),
	}
}

// RedisURL names the server of a process.
func RedisURL(p *Process) string {
	for i, arg := range p.Args {
		if arg == "--port" {
			return "redis://127.0.0.1:" + p.Args[i+1] + "/0"
		}
	}
	return ""
}

// Clean leaves out of an environment what would configure the program behind the test's back.
func Clean(environ []string) []string {
	var kept []string
	for _, v := range environ {
		if name, _, _ := strings.Cut(v, "="); !strings.HasPrefix(name, "LATCHKEEP_") && !strings.HasPrefix(name, "DATABASE_") {
			kept = append(kept, v)
		}
	}
	return kept
}
