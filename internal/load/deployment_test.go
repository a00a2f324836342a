package load_test

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/load"
	"github.com/latchkeep/latchkeep/internal/processes"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/visitor"
)

// patience is how long a test waits for what must happen soon. The machine may be busy.
const patience = 60 * time.Second

// drainDelay is longer than a balancer takes to notice.
const drainDelay = 60 * checkEvery

// binary is the program, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "latchkeep-load-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if binary, err = processes.Build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		code := m.Run()
		if code == 0 && *doc != "" && len(noted.rows) > 0 {
			if err := noted.write(*doc); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
		return code
	}())
}

// needsServers skips a test, or fails it, where the servers that it starts and stops are not installed.
func needsServers(t testing.TB) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	_, err := exec.LookPath("redis-server")
	switch {
	case len(found) > 0 && err == nil:
	case testdb.Require():
		t.Fatal("PostgreSQL or Redis is not installed, and LATCHKEEP_TEST_REQUIRE=all")
	default:
		t.Skip("PostgreSQL or Redis is not installed: nothing is restarted")
	}
}

// A deployment is the program as it is deployed: two servers behind balancers, a worker, PostgreSQL and Redis.
type deployment struct {
	db      *processes.Database
	redis   *processes.Process
	servers []*processes.Process
	worker  *processes.Process
	ops     []string    // base URLs of the operations endpoints: of the servers, then of the worker
	fronts  []*balancer // public, admin, console
	console string      // URL
	token   string
	mails   *visitor.Mailbox
}

// An option of a deployment: a variable of the program's environment, or noRedis.
const noRedis = "no Redis yet"

// deploy starts everything, and waits until both servers are sent requests.
func deploy(t testing.TB, options ...string) *deployment {
	t.Helper()
	needsServers(t)
	d := &deployment{db: processes.NewPostgres(t), redis: processes.NewRedis(t)}
	d.db.Process.Start(t)
	t.Cleanup(func() { d.db.Process.Kill(9) })
	t.Cleanup(func() { d.redis.Kill(9) })
	if !slices.Contains(options, noRedis) {
		d.redis.Start(t)
	}
	var err error
	d.mails, err = visitor.NewMailbox("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(d.mails.Close)
	front := freeport.Several(t, 3)
	env := append(processes.Clean(os.Environ()),
		"LATCHKEEP_DATABASE_URL="+d.db.URL,
		"LATCHKEEP_REDIS_URL="+processes.RedisURL(d.redis),
		"LATCHKEEP_SECRETS_KEYS="+rand.Text()+rand.Text(),
		"LATCHKEEP_PUBLIC_BASE_URL=http://localhost:"+front[0],
		"LATCHKEEP_ADMIN_BASE_URL=http://localhost:"+front[1],
		"LATCHKEEP_CONSOLE_BASE_URL=http://localhost:"+front[2],
		"LATCHKEEP_LOG_LEVEL=warn",
		"LATCHKEEP_RATE_LIMITER_ENABLED=false",
		"LATCHKEEP_AUDIT_LOG_STORAGE_ENABLED=true",
		"LATCHKEEP_AUDIT_LOG_CONSOLE_OUTPUT_ENABLED=false",
		"LATCHKEEP_EGRESS_ALLOW_CIDRS=127.0.0.0/8",
		"LATCHKEEP_SERVER_DRAIN_DELAY="+drainDelay.String(),
	)
	env = append(env, slices.DeleteFunc(slices.Clone(options), func(o string) bool { return o == noRedis })...)
	processes.Run(t, "", env, binary, "migrate", "up")
	d.token = strings.TrimSpace(processes.Run(t, "", env, binary, "operator", "token"))
	behind := make([][]*upstream, 3)
	for range 2 {
		ports := freeport.Several(t, 3)
		own := slices.Clone(env)
		for i, name := range []string{"PUBLIC", "ADMIN", "CONSOLE"} {
			own = append(own, "LATCHKEEP_SERVER_"+name+"_ADDRESS=127.0.0.1:"+ports[i])
		}
		s := d.program(t, "serve", own)
		d.servers = append(d.servers, s)
		for i := range behind {
			behind[i] = append(behind[i], newUpstream("127.0.0.1:"+ports[i], d.ops[len(d.ops)-1]+"/readyz"))
		}
	}
	d.worker = d.program(t, "worker", env)
	for _, p := range append(slices.Clone(d.servers), d.worker) {
		p.Launch(t)
	}
	for _, p := range append(slices.Clone(d.servers), d.worker) {
		p.Await(t)
	}
	for i := range behind {
		d.fronts = append(d.fronts, balance(t, "127.0.0.1:"+front[i], behind[i]...))
	}
	d.console = "http://localhost:" + front[2]
	d.joined(t)
	return d
}

// joined waits until all servers are sent requests.
func (d *deployment) joined(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(d.fronts, func(b *balancer) bool { return b.ready() < len(d.servers) })
	}, patience, 5*time.Millisecond)
}

// program is a command of the program that runs on until the test ends.
func (d *deployment) program(t testing.TB, command string, env []string) *processes.Process {
	t.Helper()
	ops := freeport.Get(t)
	d.ops = append(d.ops, "http://127.0.0.1:"+ops)
	p := &processes.Process{
		Name: "latchkeep " + command, Args: []string{binary, command},
		Env: append(slices.Clone(env), "LATCHKEEP_SERVER_OPS_ADDRESS=127.0.0.1:"+ops), Ready: processes.Answers("http://127.0.0.1:" + ops + "/livez"),
	}
	if command == "serve" {
		p.Ready = processes.Answers("http://127.0.0.1:" + ops + "/readyz")
	}
	t.Cleanup(func() {
		p.Kill(9)
		if t.Failed() {
			t.Logf("%s said at last:\n%s", p.Name, p.Log.String())
		}
	})
	return p
}

// open makes a tenant with some users, and prepares a mix of operations on it.
func (d *deployment) open(t testing.TB, users int, mix string) (*load.Place, load.Mix) {
	t.Helper()
	place, err := d.target(users).Open(t.Context())
	require.NoError(t, err)
	m, err := load.ParseMix(mix, place.Operations())
	require.NoError(t, err)
	require.NoError(t, m.Prepare(t.Context(), connect))
	return place, m
}

// connect is where all hosts below localhost are.
const connect = "127.0.0.1"

// target is the deployment as load sees it.
func (d *deployment) target(users int) load.Target {
	return load.Target{
		Console: d.console, Token: d.token, Allow: []string{"*.localhost"}, Connect: connect, Tenants: 1, Users: users,
		Codes: d.mails, MailHost: "127.0.0.1", MailPort: d.mails.Port,
	}
}

// failures are those of all operations, for a message; empty where there are none.
func failures(all []load.Outcome) string {
	var b strings.Builder
	for _, o := range all {
		if o.Failed > 0 {
			fmt.Fprintf(&b, "%s: %v, such as %s\n", o.Name, o.Failures, o.Example)
		}
	}
	return b.String()
}

// done is how many operations came to their end.
func done(all []load.Outcome) int {
	n := 0
	for _, o := range all {
		n += o.Done
	}
	return n
}
