package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/smtpsink"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// A deployment is a database and a mail host, and programs that share them.
type deployment struct {
	*machine
	sink *smtpsink.Sink
}

func deploy(t *testing.T, name string, env ...string) *deployment {
	t.Helper()
	sink := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain})
	m := onDatabase(t, name).with("LATCHKEEP_PUBLIC_BASE_URL=http://login.example",
		"LATCHKEEP_DEFAULT_EMAIL_DELIVERY_ENABLED=true", "LATCHKEEP_DEFAULT_EMAIL_DELIVERY_FROM_ADDRESS=login@operator.example",
		"LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_HOST="+sink.Host(), "LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_PORT="+sink.Port(),
		"LATCHKEEP_RATE_LIMITER_PASSWORD_LIMITS_TOKENS=1000",
	).with(env...)
	m.must(t, "tenant", "create", "shop")
	return &deployment{machine: m, sink: sink}
}

// shop is the tenant, reached through one of the servers.
func (d *deployment) shop(t *testing.T, s *server) *browser {
	t.Helper()
	return browse(s.address(t, "public"), "http://shop.login.example")
}

func TestServeAndWorker_SignPeopleUpOnEveryDatabase(t *testing.T) {
	t.Parallel()

	for _, name := range []string{dialect.Postgres, dialect.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, name, "LATCHKEEP_REDIS_URL="+testdb.Redis(t))
			s, w := d.start(t, "serve"), d.start(t, "worker")
			shop := d.shop(t, s)
			flow := shop.do(t, shop.begin(t, "registration"), "register_login_identifier", "email", "kim@shop.example")
			mail, err := d.sink.Wait(t.Context(), "kim@shop.example")
			require.NoError(t, err)
			require.Equal(t, "login@operator.example", mail.From)
			kim := shop.confirm(t, flow, codeIn(t, mail.Text))
			require.True(t, shop.valid(t, kim))
			require.True(t, shop.valid(t, shop.fresh().signIn(t, "kim@shop.example")))

			w.says(t, "working")
			ops := browse(s.address(t, "ops"), "http://ops.example")
			require.Equal(t, 200, ops.get(t, "/livez").status)
			require.Equal(t, 200, ops.get(t, "/readyz").status)
			metrics := string(ops.get(t, "/metrics").body)
			require.Contains(t, metrics, "go_goroutines")
			require.Regexp(t, `(?m)^latchkeep_http_\w+\{.*server="public".*\} [1-9]`, metrics)
			s.stop(t)
			w.stop(t)
		})
	}
}

func TestServe_WithoutRedisDoesTheWorkItself(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, name)
			s := d.start(t, "serve")
			shop := d.shop(t, s)
			require.True(t, shop.valid(t, shop.signUp(t, "kim@shop.example", mailsOf(t, d.sink))))
			require.Contains(t, s.stderr.text(), "redis.url is not set")
			s.stop(t)
		})
	}
}

func TestReplicas_SeeAChangedConfigurationSoon(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		env    func(t *testing.T) []string
		within time.Duration
	}{
		"polling":       {env: func(*testing.T) []string { return nil }, within: 5 * time.Second},
		"told by Redis": {env: func(t *testing.T) []string { return []string{"LATCHKEEP_REDIS_URL=" + testdb.Redis(t)} }, within: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, dialect.Postgres, c.env(t)...)
			operator := strings.TrimSpace(d.must(t, "operator", "token"))
			a, b := d.start(t, "serve"), d.start(t, "serve")
			shop := d.shop(t, b)
			console := browse(a.address(t, "console"), "http://console.example").as(operator)
			var tenant struct{ ID string }
			list := struct{ Tenants []struct{ ID string } }{}
			console.get(t, "/v1/tenants").json(t, &list)
			tenant.ID = list.Tenants[0].ID
			allowed := func() string { return shop.get(t, "/me").header.Get("Access-Control-Allow-Origin") }
			best := time.Hour
			for round := range 4 { // a slow machine must not be mistaken for waiting
				origin := fmt.Sprintf("https://app%d.example", round)
				shop.header.Set("Origin", origin)
				require.Empty(t, allowed())
				patch, err := json.Marshal(map[string]any{"cors": map[string]any{"allow_origins": []string{origin}}})
				require.NoError(t, err)
				changed := console.send(t, "PATCH", "/v1/tenants/"+tenant.ID+"/config", json.RawMessage(patch))
				require.Equal(t, 200, changed.status, "%s", changed.body)
				began := time.Now()
				require.Eventually(t, func() bool { return allowed() == origin }, patience, 20*time.Millisecond)
				if round > 0 { // the first may happen to meet a poll; the next begin just after one, if that is what they wait for
					best = min(best, time.Since(began))
				}
			}
			require.Less(t, best, c.within)
		})
	}
}

func TestServe_ReplicasThatStartOnAnEmptyDatabaseAtOnceMigrateItOnce(t *testing.T) {
	t.Parallel()

	m := newMachine(t, anywhere()...).with("LATCHKEEP_SECRETS_KEYS="+goodSecret,
		"LATCHKEEP_DATABASE_URL="+testdb.Empty(t, dialect.Postgres).Raw())
	var replicas []*server
	for range 3 {
		replicas = append(replicas, m.start(t, "serve", "--auto-migrate"))
	}
	applied := 0
	for _, s := range replicas {
		ops := browse(s.address(t, "ops"), "http://ops.example")
		require.Equal(t, 200, ops.get(t, "/readyz").status)
		applied += strings.Count(s.stderr.text(), "migration applied")
	}
	require.Equal(t, strings.Count(m.must(t, "migrate", "status"), " applied "), applied)
}

func TestServe_StopsWithoutLosingWhatIsUnderWay(t *testing.T) {
	t.Parallel()

	d := deploy(t, dialect.Postgres, "LATCHKEEP_REDIS_URL="+testdb.Redis(t))
	s := d.start(t, "serve")
	shop := d.shop(t, s)

	// Nobody works yet. People register, and then the server stops in the middle of it.
	const people = 8
	type result struct {
		email string
		flow  state
		err   error
	}
	results := make(chan result, people)
	for i := range people {
		b, email := shop.fresh(), fmt.Sprintf("kim%d@shop.example", i)
		flow := b.begin(t, "registration")
		go func() {
			r, err := b.try(context.WithoutCancel(t.Context()), "POST", flow.Actions["register_login_identifier"].Href,
				map[string]any{"input_data": map[string]any{"email": email}, "csrf_token": flow.CSRFToken})
			var next state
			if err == nil && r.status == 200 {
				err = json.Unmarshal(r.body, &next)
			}
			results <- result{email, next, err}
		}()
	}
	first := <-results
	s.stop(t)
	answered := []result{first}
	for range people - 1 {
		if r := <-results; r.err == nil && r.flow.Name == "passcode_confirmation" {
			answered = append(answered, r)
		}
	}
	require.NoError(t, first.err)

	// Whoever got an answer gets a mail, from whoever works next, and the flow goes on at another server.
	d.start(t, "worker")
	shop = d.shop(t, d.start(t, "serve"))
	for _, r := range answered {
		mail, err := d.sink.Wait(t.Context(), r.email)
		require.NoError(t, err)
		require.True(t, shop.valid(t, shop.fresh().confirm(t, r.flow, codeIn(t, mail.Text))))
	}
}

func TestServe_GoesOnWhenRedisIsLost(t *testing.T) {
	t.Parallel()

	redis := startRedis(t)
	d := deploy(t, dialect.Postgres, "LATCHKEEP_REDIS_URL="+redis.url)
	s, w := d.start(t, "serve"), d.start(t, "worker")
	shop := d.shop(t, s)
	kim := shop.signUp(t, "kim@shop.example", mailsOf(t, d.sink))
	w.says(t, "working")

	// It hangs: worse than one that is gone. Whoever signs in waits half a second for it, once.
	redis.signal(t, syscall.SIGSTOP)
	began := time.Now()
	require.True(t, shop.valid(t, kim))
	require.True(t, shop.valid(t, shop.fresh().signIn(t, "kim@shop.example")))
	require.Less(t, time.Since(began), 8*time.Second, "the client itself would wait for longer")
	redis.signal(t, syscall.SIGCONT)

	redis.stop(t)
	require.True(t, shop.valid(t, kim), "sessions need no Redis")
	require.True(t, shop.valid(t, shop.fresh().signIn(t, "kim@shop.example")))
	require.Equal(t, 200, browse(s.address(t, "ops"), "http://ops.example").get(t, "/readyz").status)
	other := shop.fresh()
	flow := other.do(t, other.begin(t, "registration"), "register_login_identifier", "email", "lee@shop.example")
	require.False(t, s.ended() || w.ended(), "nobody gives up")

	redis.start(t)
	mail, err := d.sink.Wait(t.Context(), "lee@shop.example")
	require.NoError(t, err)
	require.True(t, other.valid(t, other.confirm(t, flow, codeIn(t, mail.Text))))
	s.stop(t)
	w.stop(t)
}

// A redisServer is one that a test may stop.
type redisServer struct {
	url, port, dir string
	cmd            *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if testdb.Require() {
			t.Fatal("redis-server is not installed, and LATCHKEEP_TEST_REQUIRE=all")
		}
		t.Skip("redis-server is not installed: nothing is tested with a Redis that is lost")
	}
	r := &redisServer{port: freeport.Get(t), dir: t.TempDir()}
	r.url = "redis://127.0.0.1:" + r.port + "/0"
	r.start(t)
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	})
	return r
}

func (r *redisServer) start(t *testing.T) {
	t.Helper()
	r.cmd = exec.Command("redis-server", "--port", r.port, "--bind", "127.0.0.1", "--save", "", "--dir", r.dir)
	require.NoError(t, r.cmd.Start())
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+r.port)
		if err != nil {
			return false
		}
		return c.Close() == nil
	}, patience, 20*time.Millisecond)
}

func (r *redisServer) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	require.NoError(t, r.cmd.Process.Signal(s))
}

func (r *redisServer) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, r.cmd.Process.Kill())
	_ = r.cmd.Wait() // it was killed
}
