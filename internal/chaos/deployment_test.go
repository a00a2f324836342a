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
	"github.com/latchkeep/latchkeep/internal/smtpsink"
)

// A deployment is the program, what it needs, and who hears of it.
type deployment struct {
	name          string
	db            *database
	redis         *process // nil where the queue is in the program
	server        *process
	workers       []*process
	env           []string
	public, admin string // base URLs of the tenant
	tenant, key   string
	hooks         *receiver
	mails         *smtpsink.Sink
}

// deploy starts everything: the program as serve and two workers where there is Redis, as one process where there is none.
func deploy(t testing.TB, db *database, redis *process) *deployment {
	t.Helper()
	if db.process != nil {
		db.process.start(t)
		t.Cleanup(func() { db.process.kill(9) })
	}
	d := &deployment{name: db.name, db: db, redis: redis, hooks: newReceiver(t), mails: smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain})}
	port := freeport.Get(t)
	admin, console := freeport.Get(t), freeport.Get(t)
	d.env = append(clean(os.Environ()),
		"LATCHKEEP_DATABASE_URL="+db.url,
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
		redis.start(t)
		t.Cleanup(func() { redis.kill(9) })
		d.env = append(d.env, "LATCHKEEP_REDIS_URL="+redisURL(redis))
	}
	d.prepare(t)
	d.server = d.program(t, "serve")
	d.server.start(t)
	if redis != nil {
		for range 2 {
			w := d.program(t, "worker")
			w.start(t)
			d.workers = append(d.workers, w)
		}
	}
	d.public, d.admin = "http://127.0.0.1:"+port+"/"+d.tenant, "http://127.0.0.1:"+admin+"/"+d.tenant
	return d
}

// program is a command of the program that keeps running.
func (d *deployment) program(t testing.TB, command string) *process {
	t.Helper()
	ops := freeport.Get(t)
	p := &process{
		name: "latchkeep " + command, args: []string{binary, command},
		env: append(slices.Clone(d.env), "LATCHKEEP_SERVER_OPS_ADDRESS=127.0.0.1:"+ops), ready: answers("http://127.0.0.1:" + ops + "/livez"),
	}
	t.Cleanup(func() {
		p.kill(9)
		if t.Failed() {
			t.Logf("%s said at last:\n%s", p.name, p.log.String())
		}
	})
	return p
}

// prepare makes the tables and a tenant whose users sign in by a mailed code, and whose events are sent.
func (d *deployment) prepare(t testing.TB) {
	t.Helper()
	run(t, "", d.env, binary, "migrate", "up")
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
	made := run(t, "", d.env, binary, "tenant", "create", "shop", "--config-file", file.Name(), "--output", "json")
	var tenant struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(made), &tenant), made)
	d.tenant = tenant.ID
	d.key = strings.TrimSpace(run(t, "", d.env, binary, "tenant", "api-key", "shop", "--name", "chaos"))
}
