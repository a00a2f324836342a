package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testdb"
)

// These tests run the program as a stranger would: the binary, its flags, its environment, its exit status, its ports. What happens inside is
// for the tests of the rooms.

// patience is how long a test waits for what must happen soon. The machine may be busy.
const patience = 30 * time.Second

// The secrets of these tests: nothing may ever print them.
const (
	goodSecret  = "vQ7kH2pXw9sLr4Zt8NcBy3MdF6jG1aUe"
	otherSecret = "another-Secret-of-the-tests-4711"
)

// binary is the program, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "latchkeep-cmd-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "latchkeep")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// A machine is a directory to start in and an environment; nothing of the developer's own gets in.
type machine struct {
	dir      string
	env      []string
	database string // its URL, where it has one
}

func newMachine(t testing.TB, env ...string) *machine {
	t.Helper()
	return &machine{dir: t.TempDir(), env: env}
}

// with is the machine with more in its environment.
func (m *machine) with(env ...string) *machine {
	return &machine{dir: m.dir, env: append(slices.Clone(m.env), env...), database: m.database}
}

// anywhere are addresses that are free for certain.
func anywhere() []string {
	return []string{
		"LATCHKEEP_SERVER_PUBLIC_ADDRESS=127.0.0.1:0", "LATCHKEEP_SERVER_ADMIN_ADDRESS=127.0.0.1:0",
		"LATCHKEEP_SERVER_CONSOLE_ADDRESS=127.0.0.1:0", "LATCHKEEP_SERVER_OPS_ADDRESS=127.0.0.1:0",
	}
}

// node is a machine where the program would start once its database is migrated: SQLite.
func node(t testing.TB) *machine {
	t.Helper()
	m := newMachine(t, anywhere()...)
	m.database = "sqlite://" + filepath.Join(m.dir, "latchkeep.db")
	return m.with("LATCHKEEP_SECRETS_KEYS="+goodSecret, "LATCHKEEP_DATABASE_URL="+m.database)
}

// onDatabase is a machine where the program starts, on a migrated database of a dialect.
func onDatabase(t testing.TB, dialect string) *machine {
	t.Helper()
	m := newMachine(t, anywhere()...)
	m.database = testdb.URL(t, dialect)
	return m.with("LATCHKEEP_SECRETS_KEYS="+goodSecret, "LATCHKEEP_DATABASE_URL="+m.database)
}

// write puts a file on the machine.
func (m *machine) write(t testing.TB, name, content string) {
	t.Helper()
	path := filepath.Join(m.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}

func (m *machine) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir = m.dir
	cmd.Env = append([]string{"HOME=" + m.dir, "PATH=" + os.Getenv("PATH")}, m.env...)
	cmd.WaitDelay = time.Second
	return cmd
}

// An outcome of a command that ended.
type outcome struct {
	code   int
	stdout string
	stderr string
}

// all is everything that was printed.
func (o outcome) all() string { return o.stdout + o.stderr }

// run runs a command to its end.
func (m *machine) run(t testing.TB, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := m.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("latchkeep %s: %v", strings.Join(args, " "), err)
	}
	require.NoError(t, ctx.Err(), "latchkeep %s does not end\n%s", strings.Join(args, " "), stderr.String())
	o := outcome{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	requireNoSecrets(t, o.all())
	return o
}

// must runs a command that must succeed, and returns what it printed.
func (m *machine) must(t testing.TB, args ...string) string {
	t.Helper()
	o := m.run(t, args...)
	require.Zero(t, o.code, "latchkeep %s\n%s", strings.Join(args, " "), o.all())
	return o.stdout
}

// refuses runs a command that must fail with status 1 and say all of the texts, and returns what it printed.
func (m *machine) refuses(t testing.TB, args []string, texts ...string) string {
	t.Helper()
	o := m.run(t, args...)
	require.Equal(t, 1, o.code, "latchkeep %s\n%s", strings.Join(args, " "), o.all())
	for _, text := range texts {
		require.Contains(t, o.stderr, text)
	}
	require.NotContains(t, o.stderr, "panic")
	require.NotContains(t, o.stderr, "goroutine ")
	return o.stderr
}

func requireNoSecrets(t testing.TB, text string) {
	t.Helper()
	for _, secret := range []string{goodSecret, otherSecret, "hunter2hunter2hunter2"} {
		require.NotContains(t, text, secret, "a secret was printed")
	}
}

// A server is a command that runs on.
type server struct {
	cmd    *exec.Cmd
	exited chan struct{}
	stdout *capture
	stderr *capture
}

// start starts a command that runs on until the test ends, or earlier. Its log is read, so its format must be JSON.
func (m *machine) start(t testing.TB, args ...string) *server {
	t.Helper()
	s := &server{
		cmd: m.command(context.Background(), args...), exited: make(chan struct{}),
		stdout: newCapture(), stderr: newCapture(),
	}
	s.cmd.Stdout, s.cmd.Stderr = s.stdout, s.stderr
	require.NoError(t, s.cmd.Start())
	go func() {
		_ = s.cmd.Wait() // the status is asked for where it matters
		close(s.exited)
		s.stdout.touch()
		s.stderr.touch()
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.exited
		if t.Failed() {
			t.Logf("latchkeep %s\n%s%s", strings.Join(args, " "), s.stdout.text(), s.stderr.text())
		}
	})
	return s
}

// says waits until the program prints a text.
func (s *server) says(t testing.TB, text string) {
	t.Helper()
	s.wait(t, "to say "+text, func() bool {
		return strings.Contains(s.stdout.text(), text) || strings.Contains(s.stderr.text(), text)
	})
}

// address waits until one of the servers of the program listens, and returns where.
func (s *server) address(t testing.TB, name string) string {
	t.Helper()
	found := ""
	s.wait(t, "to listen: "+name, func() bool {
		for line := range strings.Lines(s.stderr.text()) {
			var l struct{ Msg, Server, Address string }
			if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "listening" && l.Server == name {
				found = l.Address
			}
		}
		return found != ""
	})
	return found
}

func (s *server) wait(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		out, err := s.stdout.changed(), s.stderr.changed()
		if done() {
			return
		}
		select {
		case <-out:
		case <-err:
		case <-deadline:
			t.Fatalf("waited in vain for the program %s", what)
		}
		if s.ended() && !done() {
			t.Fatalf("the program ended with status %d; waited for it %s", s.cmd.ProcessState.ExitCode(), what)
		}
	}
}

func (s *server) ended() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// stop asks the program to end, as service managers do, and requires that it does so soon and in peace.
func (s *server) stop(t testing.TB) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.exited:
	case <-time.After(patience):
		t.Fatal("the program does not end after SIGTERM")
	}
	require.Zero(t, s.cmd.ProcessState.ExitCode(), "status after SIGTERM")
	requireNoSecrets(t, s.stdout.text()+s.stderr.text())
}

// kill ends the program without warning, as a power cut does.
func (s *server) kill(t testing.TB) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Kill())
	<-s.exited
}

// A capture keeps what a program prints, and tells when there is more.
type capture struct {
	mu   sync.Mutex
	kept bytes.Buffer
	more chan struct{}
}

var _ io.Writer = (*capture)(nil)

func newCapture() *capture { return &capture{more: make(chan struct{})} }

// Write keeps what was printed.
func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	n, err := c.kept.Write(p)
	c.mu.Unlock()
	c.touch()
	return n, err
}

func (c *capture) touch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.more)
	c.more = make(chan struct{})
}

func (c *capture) changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.more
}

func (c *capture) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.String()
}
