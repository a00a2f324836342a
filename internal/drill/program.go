package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/latchkeep/latchkeep/internal/freeport"
)

// A program is latchkeep with its settings.
type program struct {
	binary   string
	dir      string
	settings map[string]string // without LATCHKEEP_
	public   string            // address
	server   *exec.Cmd
	ended    chan struct{}
}

func newProgram(binary, dir string) *program {
	if abs, err := filepath.Abs(binary); err == nil {
		binary = abs
	}
	return &program{binary: binary, dir: dir, settings: map[string]string{
		"SECRETS_KEYS":                     rand.Text() + rand.Text(),
		"PUBLIC_BASE_URL":                  "https://login.example", // the drill comes by path
		"AUDIT_LOG_STORAGE_ENABLED":        "true",
		"AUDIT_LOG_CONSOLE_OUTPUT_ENABLED": "false",
		"LOG_LEVEL":                        "warn",
	}}
}

// use has the program work with a database.
func (p *program) use(db database) {
	p.settings["DATABASE_URL"], p.settings["DATABASE_MIGRATE_URL"] = db.urls()
}

// withSecret is the same program with another master secret.
func (p *program) withSecret(secret string) *program {
	other := *p
	other.settings = map[string]string{}
	for name, value := range p.settings {
		other.settings[name] = value
	}
	other.settings["SECRETS_KEYS"] = secret
	return &other
}

// environ is our environment without what would configure the program behind our back.
func (p *program) environ() []string {
	var env []string
	for _, given := range os.Environ() {
		name, _, _ := strings.Cut(given, "=")
		if !strings.HasPrefix(name, "LATCHKEEP_") && !strings.HasPrefix(name, "DATABASE_") && !strings.HasPrefix(name, "SECRET") {
			env = append(env, given)
		}
	}
	for name, value := range p.settings {
		env = append(env, "LATCHKEEP_"+name+"="+value)
	}
	return env
}

// command runs a command of the program to its end.
func (p *program) command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env, cmd.Dir = p.environ(), p.dir
	return output(cmd)
}

// output is what a command prints; what it says on standard error is part of its error.
func output(cmd *exec.Cmd) (string, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s%s", filepath.Base(cmd.Path), cmd.Args[1], err, out, &stderr)
	}
	return string(out), nil
}

// serve starts the server, worker included, on free ports, and waits until it is ready.
func (p *program) serve(ctx context.Context) error {
	for _, name := range []string{"PUBLIC", "ADMIN", "CONSOLE", "OPS"} {
		port, err := freeport.Find()
		if err != nil {
			return err
		}
		p.settings["SERVER_"+name+"_ADDRESS"] = net.JoinHostPort("127.0.0.1", port)
	}
	p.public = p.settings["SERVER_PUBLIC_ADDRESS"]
	p.server = exec.Command(p.binary, "serve")
	p.server.Env, p.server.Dir = p.environ(), p.dir
	p.server.Stdout, p.server.Stderr = os.Stderr, os.Stderr
	if err := p.server.Start(); err != nil {
		p.server = nil
		return err
	}
	ended := make(chan struct{})
	p.ended = ended
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait()
		close(ended)
	}(p.server)
	return p.ready(ctx)
}

func (p *program) stop() {
	if p.server == nil {
		return
	}
	_ = p.server.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		_ = p.server.Process.Kill()
		<-p.ended
	}
	p.server = nil
}

// ready waits for the server.
func (p *program) ready(ctx context.Context) error {
	return eventually(ctx, time.Minute, func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.settings["SERVER_OPS_ADDRESS"]+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz answers %d", resp.StatusCode)
		}
		return nil
	})
}
