package upgrade

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// patience is how long the program may take for anything.
const patience = 2 * time.Minute

// A program is latchkeep of some version, with its settings.
type program struct {
	binary        string
	dir           string
	env           []string
	public, admin string // addresses
}

// newProgram is a program on a database.
func newProgram(t testing.TB, binary, url, migrate string) *program {
	t.Helper()
	ports := freeport.Several(t, 4)
	p := &program{binary: binary, dir: t.TempDir(), public: "127.0.0.1:" + ports[0], admin: "127.0.0.1:" + ports[1]}
	p.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir,
		"LATCHKEEP_DATABASE_URL=" + url, "LATCHKEEP_DATABASE_MIGRATE_URL=" + migrate, "LATCHKEEP_SECRETS_KEYS=" + secret,
		"LATCHKEEP_PUBLIC_BASE_URL=" + testenv.PublicBase,
		"LATCHKEEP_SERVER_PUBLIC_ADDRESS=" + p.public, "LATCHKEEP_SERVER_ADMIN_ADDRESS=" + p.admin,
		"LATCHKEEP_SERVER_CONSOLE_ADDRESS=127.0.0.1:" + ports[2], "LATCHKEEP_SERVER_OPS_ADDRESS=127.0.0.1:" + ports[3],
		"LATCHKEEP_AUDIT_LOG_STORAGE_ENABLED=true", "LATCHKEEP_AUDIT_LOG_CONSOLE_OUTPUT_ENABLED=false", "LATCHKEEP_AUDIT_LOG_RETENTION=876000h",
		"LATCHKEEP_RATE_LIMITER_ENABLED=false", "LATCHKEEP_LOG_LEVEL=warn",
	}
	return p
}

// must runs a command that must succeed, and returns what it printed.
func (p *program) must(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env, cmd.Dir = p.env, p.dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "latchkeep %s\n%s%s", strings.Join(args, " "), out, &stderr)
	return string(out)
}

// serve runs the server until the returned function or the test ends it.
func (p *program) serve(t testing.TB) (stop func()) {
	t.Helper()
	cmd := exec.Command(p.binary, "serve")
	cmd.Env, cmd.Dir = p.env, p.dir
	log, err := os.Create(filepath.Join(p.dir, "log"))
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-ended:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-ended
		}
	}
	t.Cleanup(func() {
		stop()
		_ = log.Close()
		if said, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("latchkeep serve said:\n%s", said)
		}
	})
	require.Eventually(t, func() bool { return p.ready(t) }, patience, 50*time.Millisecond, "the server is not ready")
	return stop
}

func (p *program) ready(t testing.TB) bool {
	for _, setting := range p.env {
		if address, ok := strings.CutPrefix(setting, "LATCHKEEP_SERVER_OPS_ADDRESS="); ok {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/readyz", nil)
			if err != nil {
				return false
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return false
			}
			_ = res.Body.Close()
			return res.StatusCode == http.StatusOK
		}
	}
	return false
}

// call sends a request to the tenant's admin API and returns the answer, which must be 2xx.
func (p *program) call(t testing.TB, f fixture, method, path, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.admin+"/"+f.Tenant.String()+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+f.APIKey)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var answer bytes.Buffer
	_, err = answer.ReadFrom(res.Body)
	require.NoError(t, err)
	require.Equal(t, 2, res.StatusCode/100, "%s %s answers %d: %s", method, path, res.StatusCode, &answer)
	return answer.Bytes()
}
