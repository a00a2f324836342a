package testenv

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// The domain below which the tenants of an Env are. It is resolved by nobody: clients dial the Env's listener whatever the name.
const domain = "latchkeep.test"

// masterSecret is the secret of every Env.
const masterSecret = "a master secret of tests only"

// patience is how long a test waits for what happens after an answer: less than the minute after which much is looked at again in any case, a
// session and what waits among it. So what should have been told is not mistaken for what was found by looking.
const patience = 30 * time.Second

// An Env is a running program on a database of its own. It ends with its test.
type Env struct {
	// App is the program, for what has no API yet.
	App *wire.App
	// Dialect names the database.
	Dialect string

	options   options
	url       string
	address   string // of the public server
	admin     string
	console   string
	transport *http.Transport
	mails     *Mails
	log       *logbook
	statement *statements
	keyring   *secret.Keyring
}

type options struct {
	settings map[string]string
	file     string
	redis    bool
	quiet    bool
	smtp     bool
	local    bool
	plain    bool
	resolver *net.Resolver
	oauth    map[string]oauth.Endpoints
	now      func() time.Time
	third    *thirdParties
}

// An Option changes how the program runs.
type Option func(*options)

// With sets a process setting.
func With(path, value string) Option { return func(o *options) { o.settings[path] = value } }

// WithPool limits the program to n database connections.
func WithPool(n string) Option { return With("database.pool", n) }

// WithFile runs the program for one tenant, configured by the file.
func WithFile(content string) Option { return func(o *options) { o.file = content } }

// WithRedis uses the Redis server of LATCHKEEP_TEST_REDIS_URL, with the worker in a process of its own, so to speak. Without one the test is
// skipped.
func WithRedis() Option { return func(o *options) { o.redis = true } }

// WithSMTP sends mails by SMTP, instead of catching them.
func WithSMTP() Option { return func(o *options) { o.smtp = true } }

// Local lets the program call this machine on behalf of tenants, without TLS, too, as dev mode does: for peers that tests run.
func Local() Option { return func(o *options) { o.local = true } }

// Plain takes webhooks without TLS everywhere, as earlier versions did.
func Plain() Option { return func(o *options) { o.plain = true } }

// WithResolver resolves the names of webhooks' receivers. Without it they have no address, so nobody is bothered.
func WithResolver(r *net.Resolver) Option { return func(o *options) { o.resolver = r } }

// WithProviders puts others in the place of the built-in OAuth providers, such as those of package idpmock. Loopback lets the program reach them.
func WithProviders(endpoints map[string]oauth.Endpoints) Option {
	return func(o *options) { o.oauth = endpoints }
}

// WithClock is the clock by which webhooks are due.
func WithClock(now func() time.Time) Option { return func(o *options) { o.now = now } }

// Quiet runs nothing in the background: each statement is one of a request, so they can be counted. Mails stay in the outbox; MailTo reads
// them there.
func Quiet() Option { return func(o *options) { o.quiet = true } }

// Busy runs everything in the background, on a replica of an Env that is Quiet.
func Busy() Option { return func(o *options) { o.quiet = false } }

// Each runs a test on every database, each time in a parallel subtest with an Env of its own.
func Each(t *testing.T, run func(t *testing.T, env *Env), opts ...Option) {
	t.Helper()
	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, New(t, name, opts...))
		})
	}
}

// OnSQLite starts the program on the database that is quickest to make.
func OnSQLite(t testing.TB, opts ...Option) *Env {
	t.Helper()
	return New(t, dialect.SQLite, opts...)
}

// New starts the program on a database of the dialect.
func New(t testing.TB, name string, opts ...Option) *Env {
	t.Helper()
	o := newOptions(t, opts)
	return start(t, name, testdb.URL(t, name), &Mails{arrived: make(chan struct{})}, o)
}

// Replica starts the program once more on the same database, like a second node of the deployment. Options change what it has of its own.
func (e *Env) Replica(t testing.TB, opts ...Option) *Env {
	t.Helper()
	o := e.options
	o.settings = maps.Clone(o.settings)
	for _, opt := range opts {
		opt(&o)
	}
	return start(t, e.Dialect, e.url, e.mails, o)
}

// DatabaseURL names the program's database, for what looks at it from outside.
func (e *Env) DatabaseURL() string { return e.url }

// nowhere resolves no name, and asks nobody.
var nowhere = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("names have no address in tests")
}}

func newOptions(t testing.TB, opts []Option) options {
	t.Helper()
	o := options{settings: map[string]string{}, resolver: nowhere}
	for _, opt := range opts {
		opt(&o)
	}
	if o.redis {
		o.settings["redis.url"] = testdb.Redis(t)
	}
	return o
}

func start(t testing.TB, name, url string, mails *Mails, o options) *Env {
	t.Helper()
	e := &Env{
		Dialect: name, options: o, url: url, mails: mails,
		log: newLogbook(), statement: &statements{},
	}
	e.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, e.address)
		},
		MaxIdleConnsPerHost: 100,
	}
	t.Cleanup(e.transport.CloseIdleConnections)
	s := e.settings(t)
	var err error
	e.keyring, err = secret.NewKeyring(s.Secrets.Reveal())
	require.NoError(t, err)
	s.Dev.Enabled = o.local
	wired := wire.Options{Log: slog.New(e.log), Version: "test", OnStatement: e.statement.add, NoSpareKeys: true, Resolver: o.resolver, AnyPlain: o.plain, Now: o.now,
		Providers: o.oauth}
	if !o.smtp {
		wired.Mailer = mails
	}
	if o.third != nil {
		wired.ThirdParties = o.third.of
	}
	e.App, err = wire.New(t.Context(), s, wired)
	require.NoError(t, err, "start the program")
	t.Cleanup(func() { require.NoError(t, e.App.Close()) })
	if o.quiet {
		e.serveQuietly(t)
	} else {
		e.serve(t)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("the program's log:\n" + strings.Join(e.log.lines(), "\n"))
		}
	})
	return e
}
