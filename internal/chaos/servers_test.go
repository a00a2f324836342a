//go:build chaos

package chaos

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
	"github.com/latchkeep/latchkeep/internal/freeport"
)

// A database is a server that can be killed, and how it is reached. An embedded one has no process.
type database struct {
	name    string
	process *process
	url     string
}

// open connects to the database.
func (d *database) open(t testing.TB) *sql.DB {
	t.Helper()
	source, err := dsn.Parse(d.url)
	require.NoError(t, err)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	return db
}

// answers reports whether the database takes statements.
func (d *database) answers(ctx context.Context) bool {
	source, err := dsn.Parse(d.url)
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
	dir, err := os.MkdirTemp("/tmp", "latchkeep-chaos-") // short: a socket's path has at most 107 characters
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

// newPostgres starts PostgreSQL as it is run for good: what it has committed it has written.
func newPostgres(t testing.TB) *database {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require.NoError(t, err)
	require.NotEmpty(t, found, "PostgreSQL is not installed: scripts/install-test-tools postgresql")
	sort.Strings(found)
	bin, dir := found[len(found)-1], home(t, "pg", "postgres")
	run(t, "postgres", os.Environ(), filepath.Join(bin, "initdb"), "-D", dir+"/data", "-U", "latchkeep", "--auth=trust", "-E", "UTF8", "--locale=C")
	port := freeport.Get(t)
	d := &database{name: "postgres", url: "postgres://latchkeep@127.0.0.1:" + port + "/postgres?sslmode=disable"}
	d.process = &process{
		name: "PostgreSQL", as: "postgres", env: []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")},
		args:  []string{filepath.Join(bin, "postgres"), "-D", dir + "/data", "-c", "listen_addresses=127.0.0.1", "-c", "port=" + port, "-c", "unix_socket_directories=" + dir, "-c", "max_connections=200"},
		ready: d.answers,
	}
	return d
}

// newMariaDB starts MariaDB as it is run for good.
func newMariaDB(t testing.TB) *database {
	t.Helper()
	server, err := exec.LookPath("mariadbd")
	require.NoError(t, err, "MariaDB is not installed: scripts/install-test-tools mariadb")
	install, err := exec.LookPath("mariadb-install-db")
	require.NoError(t, err)
	dir := home(t, "my", "mysql")
	run(t, "mysql", os.Environ(), install, "--no-defaults", "--datadir="+dir+"/data", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
	password := rand.Text()
	script := filepath.Join(dir, "init.sql")
	require.NoError(t, os.WriteFile(script, []byte("CREATE USER IF NOT EXISTS latchkeep@'127.0.0.1' IDENTIFIED BY '"+password+"';\n"+
		"GRANT ALL ON *.* TO latchkeep@'127.0.0.1';\nCREATE DATABASE IF NOT EXISTS latchkeep CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"), 0o644))
	port := freeport.Get(t)
	d := &database{name: "mariadb", url: "mysql://latchkeep:" + password + "@127.0.0.1:" + port + "/latchkeep"}
	d.process = &process{
		name: "MariaDB", as: "mysql", env: []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")},
		args: []string{
			server, "--no-defaults", "--datadir=" + dir + "/data", "--bind-address=127.0.0.1", "--port=" + port, "--socket=" + dir + "/s", "--pid-file=" + dir + "/pid",
			"--init-file=" + script, "--skip-name-resolve", "--default-time-zone=+00:00", "--max-connections=200", "--innodb-buffer-pool-size=128M", "--skip-log-bin",
		},
		ready: d.answers,
	}
	return d
}

// newSQLite is a file beside the program.
func newSQLite(t testing.TB) *database {
	t.Helper()
	return &database{name: "sqlite", url: "sqlite://" + filepath.Join(home(t, "db", ""), "latchkeep.db")}
}

// newRedis starts a Redis that forgets everything when it is killed.
func newRedis(t testing.TB) *process {
	t.Helper()
	server, err := exec.LookPath("redis-server")
	require.NoError(t, err, "Redis is not installed: scripts/install-test-tools redis")
	port := freeport.Get(t)
	return &process{
		name: "Redis", env: []string{"PATH=" + os.Getenv("PATH")},
		args:  []string{server, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"},
		ready: listens("127.0.0.1:" + port),
	}
}

// redisURL names the server of a process.
func redisURL(p *process) string {
	for i, arg := range p.args {
		if arg == "--port" {
			return "redis://127.0.0.1:" + p.args[i+1] + "/0"
		}
	}
	return ""
}

// clean leaves out what would configure the program behind the test's back.
func clean(environ []string) []string {
	var kept []string
	for _, v := range environ {
		if name, _, _ := strings.Cut(v, "="); !strings.HasPrefix(name, "LATCHKEEP_") && !strings.HasPrefix(name, "DATABASE_") {
			kept = append(kept, v)
		}
	}
	return kept
}
