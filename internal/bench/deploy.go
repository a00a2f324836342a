package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/visitor"
)

// A deployment is the program on its servers: a server and a worker, with PostgreSQL and Redis.
type deployment struct {
	db     *benchDatabase
	mails  *visitor.Mailbox
	server *process
	worker *process
	floor  *process // an empty server, for comparison
	token  string   // of an operator
	secret string   // of the program
	redis  string

	public, admin, console, ops, empty string            // addresses
	profile                            map[string]string // addresses that take orders, by command
	base                               string            // base URL of the tenant under measurement
	tenant                             newTenant         // the same tenant
	users                              *people
	settings                           variables // of the server
	keys                               keyrings
	idle                               cost // each second when nobody asks for anything
}

// deploy migrates the database, starts the program and makes the tenant under measurement.
func deploy(ctx context.Context, o options, db *benchDatabase, redis string, mails *visitor.Mailbox) (_ *deployment, err error) {
	d := &deployment{db: db, mails: mails, redis: redis, users: &people{}}
	defer func() {
		if err != nil {
			d.stop()
		}
	}()
	variables, addresses, err := newVariables(db, redis)
	if err != nil {
		return nil, err
	}
	d.secret, d.settings = variables["SECRETS_KEYS"], variables
	d.public, d.admin, d.console, d.empty = addresses["PUBLIC"], addresses["ADMIN"], addresses["CONSOLE"], addresses["FLOOR"]
	d.ops = addresses["OPS"]
	d.profile = map[string]string{"serve": addresses["PROFILE_SERVE"], "worker": addresses["PROFILE_WORKER"]}
	worker := variables.with("DATABASE_URL", db.as(workerRole)).with("SERVER_OPS_ADDRESS", "127.0.0.1:0")
	if _, err := output(ctx, o.binary, variables, "migrate", "up"); err != nil {
		return nil, err
	}
	if d.token, err = output(ctx, o.binary, variables, "operator", "token"); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if d.floor, err = begin(self, append(os.Environ(), floorAddress+"="+d.empty)); err != nil {
		return nil, err
	}
	if err := d.floor.answers(ctx, "http://"+d.empty); err != nil {
		return nil, err
	}
	binary, serve, work := o.binary, variables.environ(), worker.environ()
	if o.profile != "" {
		binary = self
		serve = append(serve, profileAddress+"="+d.profile["serve"])
		work = append(work, profileAddress+"="+d.profile["worker"])
	}
	if d.server, err = begin(binary, serve, "serve"); err != nil {
		return nil, err
	}
	if d.worker, err = begin(binary, work, "worker"); err != nil {
		return nil, err
	}
	if err := d.server.answers(ctx, "http://"+addresses["OPS"]+"/readyz"); err != nil {
		return nil, err
	}
	made, err := d.newTenant(ctx, "bench")
	if err != nil {
		return nil, err
	}
	d.base, d.tenant = made.PublicURL, made
	return d, nil
}

func (d *deployment) stop() {
	for _, p := range []*process{d.server, d.worker, d.floor} {
		if p != nil {
			p.stop()
		}
	}
}

// newTenant is what the console says of a tenant that it made.
type newTenant struct {
	ID        string `json:"id"`
	PublicURL string `json:"public_url"`
	AdminURL  string `json:"admin_url"`
}

// newTenant makes a tenant whose mails come to us.
func (d *deployment) newTenant(ctx context.Context, slug string) (newTenant, error) {
	return d.tenantWithMailHost(ctx, slug, d.mails.Port)
}

// tenantWithMailHost makes a tenant whose mails go to a port of this machine.
func (d *deployment) tenantWithMailHost(ctx context.Context, slug, port string) (newTenant, error) {
	c := visitor.New(d.console)
	defer c.Close()
	a, err := c.Send(ctx, http.MethodPost, "http://"+d.console+"/v1/tenants", d.token, map[string]any{
		"slug": slug,
		"config": map[string]any{
			"email_delivery": map[string]any{"smtp": map[string]any{"host": "127.0.0.1", "port": port}},
			"mfa":            map[string]any{"acquire_on_registration": false}, // one page less, as it was measured before
		},
	}, http.StatusCreated)
	var made newTenant
	if err != nil {
		return made, err
	}
	return made, json.Unmarshal(a.Body, &made)
}

// variables are settings, as LATCHKEEP_ variables without that prefix.
type variables map[string]string

// newVariables are those of a deployment on free ports.
func newVariables(db *benchDatabase, redis string) (variables, map[string]string, error) {
	addresses := map[string]string{}
	for _, name := range []string{"PUBLIC", "ADMIN", "CONSOLE", "OPS", "PROFILE_SERVE", "PROFILE_WORKER", "FLOOR"} {
		port, err := freeport.Find()
		if err != nil {
			return nil, nil, err
		}
		addresses[name] = net.JoinHostPort("127.0.0.1", port)
	}
	_, port, _ := net.SplitHostPort(addresses["PUBLIC"])
	s := variables{
		"DATABASE_URL":                     db.as(serverRole),
		"DATABASE_MIGRATE_URL":             db.as(ownerRole),
		"REDIS_URL":                        redis,
		"SECRETS_KEYS":                     rand.Text() + rand.Text(),
		"PUBLIC_BASE_URL":                  "http://localhost:" + port,
		"AUDIT_LOG_CONSOLE_OUTPUT_ENABLED": "false",
		"RATE_LIMITER_ENABLED":             "false",
		"EGRESS_ALLOW_CIDRS":               "127.0.0.0/8",
		"LOG_LEVEL":                        "warn",
	}
	for name, address := range addresses {
		if !strings.HasPrefix(name, "PROFILE") && name != "FLOOR" {
			s["SERVER_"+name+"_ADDRESS"] = address
		}
	}
	return s, addresses, nil
}

// with is the same with another value.
func (v variables) with(name, value string) variables {
	other := variables{name: value}
	for n, old := range v {
		if n != name {
			other[n] = old
		}
	}
	return other
}

// environ is our environment without what would configure the program behind our back.
func (v variables) environ() []string {
	var env []string
	for _, given := range os.Environ() {
		name, _, _ := strings.Cut(given, "=")
		if !strings.HasPrefix(name, "LATCHKEEP_") && !strings.HasPrefix(name, "DATABASE_") && !strings.HasPrefix(name, "SECRET") {
			env = append(env, given)
		}
	}
	for name, value := range v {
		env = append(env, "LATCHKEEP_"+name+"="+value)
	}
	return env
}

// output runs a command of the program to its end.
func output(ctx context.Context, binary string, v variables, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = v.environ()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", binary, strings.Join(args, " "), err, &stderr)
	}
	return strings.TrimSpace(string(out)), nil
}

// A process is a running command of the program. What it prints goes to our standard error: at level warn it should have nothing to say.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func begin(binary string, env []string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(binary, args...), done: make(chan struct{})}
	p.cmd.Env = env
	p.cmd.Stdout, p.cmd.Stderr = os.Stderr, os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// answers waits until a URL answers 200.
func (p *process) answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return until(ctx, time.Millisecond, func() (bool, error) {
		select {
		case <-p.done:
			return false, errors.New("the program ended before it served")
		default:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false, err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false, ctx.Err() // it does not listen yet
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK, nil
	})
}
