//go:build chaos

package chaos

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/processes"
	"github.com/latchkeep/latchkeep/internal/smtpsink"
)

// A deployment is the program, what it needs, and who hears of it.
type deployment struct {
	name          string
	db            *processes.Database
	redis         *processes.Process // nil where the queue is in the program
	server        *processes.Process
	workers       []*processes.Process
	env           []string
	public, admin string // base URLs of the tenant
	tenant, key   string
	hooks         *receiver
	mails         *smtpsink.Sink
}

// deploy starts everything: the program as serve and two workers where there is Redis, as one process where there is none.
func deploy(t testing.TB, db *processes.Database, redis *processes.Process) *deployment {
	t.Helper()
	if db.Process != nil {
		db.Process.Start(t)
		t.Cleanup(func() { db.Process.Kill(9) })
	}
	d := &deployment{name: db.Name, db: db, redis: redis, hooks: newReceiver(t), mails: smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain})}
	port := freeport.Get(t)
	admin, console := freeport.Get(t), freeport.Get(t)
	d.env = append(processes.Clean(os.Environ()),
		"LATCHKEEP_DATABASE_URL="+db.URL,
		"LATCHKEEP_SECRETS_KEYS="+rand.Text()+rand.Text(),
		"LATCHKEEP_PUBLIC_BASE_URL=http://localhost:"+port,
		"LATCHKEEP_SERVER_PUBLIC_ADDRESS=127.0.0.1:"+port,
		"LATCHKEEP_SERVER_ADMIN_ADDRESS=127.0.0.1:"+admin,
		"LATCHKEEP_SERVER_CONSOLE_ADDRESS=127.0.0.1:"+console,
		"LATCHKEEP_LOG_LEVEL=warn",
		"LATCHKEEP_RATE_LIMITER_ENABLED=false",
		"LATCHKEEP_AUDIT_LOG_STORAGE_ENABLED=true",
		"LATCHKEEP_AUDIT_LOG_CONSOLE_OUTPUT_ENABLED=false",
		"LATCHKEEP_EGRESS_ALLOW_CIDRS=127.0.0.0/8",
		"LATCHKEEP_DEFAULT_EMAIL_DELIVERY_ENABLED=true",
		"LATCHKEEP_DEFAULT_EMAIL_DELIVERY_FROM_ADDRESS=login@shop.example",
		"LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_HOST="+d.mails.Host(),
		"LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_PORT="+d.mails.Port(),
	)
	if redis != nil {
		redis.Start(t)
		t.Cleanup(func() { redis.Kill(9) })
		d.env = append(d.env, "LATCHKEEP_REDIS_URL="+processes.RedisURL(redis))
	}
	d.prepare(t)
	d.server = d.program(t, "serve")
	d.server.Start(t)
	if redis != nil {
		for range 2 {
			w := d.program(t, "worker")
			w.Start(t)
			d.workers = append(d.workers, w)
		}
	}
	d.public, d.admin = "http://127.0.0.1:"+port+"/"+d.tenant, "http://127.0.0.1:"+admin+"/"+d.tenant
	return d
}

// program is a command of the program that keeps running.
func (d *deployment) program(t testing.TB, command string) *processes.Process {
	t.Helper()
	ops := freeport.Get(t)
	p := &processes.Process{
		Name: "latchkeep " + command, Args: []string{binary, command},
		Env: append(slices.Clone(d.env), "LATCHKEEP_SERVER_OPS_ADDRESS=127.0.0.1:"+ops), Ready: processes.Answers("http://127.0.0.1:" + ops + "/livez"),
	}
	t.Cleanup(func() {
		p.Kill(9)
		if t.Failed() {
			t.Logf("%s said at last:\n%s", p.Name, p.Log.String())
		}
	})
	return p
}

// prepare makes the tables and a tenant whose users sign in by a mailed code, and whose events are sent.
func (d *deployment) prepare(t testing.TB) {
	t.Helper()
	processes.Run(t, "", d.env, binary, "migrate", "up")
	config, err := json.Marshal(map[string]any{
		"password":       map[string]any{"enabled": false},
		"passkey":        map[string]any{"enabled": false},
		"email":          map[string]any{"passcode_ttl": 24 * 3600},
		"cors":           map[string]any{"allow_origins": []string{"http://shop.example"}},
		"email_delivery": map[string]any{"from_address": "login@shop.example", "from_name": "Shop"},
		"webhooks": map[string]any{"enabled": true, "hooks": []map[string]any{
			{"callback": d.hooks.url + "/counted", "events": []string{"user"}},
			{"callback": d.hooks.url + "/gone", "events": []string{"user"}},
		}},
	})
	require.NoError(t, err)
	file, err := os.CreateTemp(t.TempDir(), "config-*.json")
	require.NoError(t, err)
	_, err = file.Write(config)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	made := processes.Run(t, "", d.env, binary, "tenant", "create", "shop", "--config-file", file.Name(), "--output", "json")
	var tenant struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(made), &tenant), made)
	d.tenant = tenant.ID
	d.key = strings.TrimSpace(processes.Run(t, "", d.env, binary, "tenant", "api-key", "shop", "--name", "chaos"))
}
