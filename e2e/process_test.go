//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startTime is how long the program may take to be ready: migrations on a busy machine included.
const startTime = 60 * time.Second

// A process is a running command of the program.
type process struct {
	cmd  *exec.Cmd
	log  output
	done chan struct{}
}

// output keeps what a process prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start runs a command of the program until the test ends. It must end by itself, and well, when it is asked to.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary, args...), done: make(chan struct{})}
	p.cmd.Env = append(clean(os.Environ()), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.Dir = t.TempDir()
	require.NoError(t, p.cmd.Start())
	var ended error
	go func() {
		ended = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have died, which shows below
		select {
		case <-p.done:
			if ended != nil {
				t.Errorf("latchkeep %s ended badly: %v", strings.Join(args, " "), ended)
			}
		case <-time.After(20 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.done
			t.Errorf("latchkeep %s did not end when asked to", strings.Join(args, " "))
		}
		if t.Failed() {
			t.Logf("latchkeep %s said:\n%s", strings.Join(args, " "), p.log.String())
		}
	})
	return p
}

// clean leaves out what would configure the program behind the test's back.
func clean(environ []string) []string {
	var kept []string
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "LATCHKEEP_") || strings.HasPrefix(name, "DATABASE_") || name == "SECRET_KEYS" || name == "SECRETS_KEYS" {
			continue
		}
		kept = append(kept, v)
	}
	return kept
}

// run runs a command of the program to its end and returns what it printed.
func runCommand(t *testing.T, env []string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(clean(os.Environ()), env...)
	cmd.Dir = t.TempDir()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "latchkeep %s: %s", strings.Join(args, " "), &stderr)
	return strings.TrimSpace(stdout.String())
}

// ready waits until the operations endpoint of the process says so.
func (p *process) ready(t *testing.T, ops string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTime)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ops+"/readyz", nil)
		require.NoError(t, err)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.done:
			require.FailNow(t, "the program ended before it was ready", p.log.String())
		case <-ctx.Done():
			require.FailNow(t, "the program is not ready", p.log.String())
		case <-tick.C:
		}
	}
}
