// Package wire puts the program together: it is the one place that knows every room, and it decides nothing.
//
// The commands and the test environment use it alike, so that what is tested is what runs.
package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/allowance"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/auth/deadletter"
	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/auth/federation/roundtrip"
	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/auth/idempotency"
	"github.com/latchkeep/latchkeep/auth/maillog"
	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/auth/passcode"
	"github.com/latchkeep/latchkeep/auth/passkey"
	authpassword "github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent/migrations"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/bell"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/pkg/ratelimit"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/certificates"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/domains"
	"github.com/latchkeep/latchkeep/tenants/usage"
	"github.com/latchkeep/latchkeep/worker"
)

// The names of the bells.
const (
	bellOutbox   = "outbox"
	bellSessions = "sessions"
)

// Options of New that are no settings.
type Options struct {
	Log     *slog.Logger
	Version string
	// Mailer replaces SMTP, as dev mode does to catch mails.
	Mailer worker.Mailer
	// Models names authenticators; nil: those that come with the program.
	Models passkey.Models
	// Pages adds what only dev mode serves.
	Pages Pages
	// Listening is called once all servers listen.
	Listening func()
	// OnStatement is told every statement: tests count them.
	OnStatement func(query string)
	// NoSpareKeys makes RSA keys when they are asked for only. Programs that run for a moment, such as those of tests, mostly need none.
	NoSpareKeys bool
	// AnyPlain takes http:// addresses of webhooks and providers everywhere, as earlier versions did: for tests.
	AnyPlain bool
	// Resolver resolves the names of webhooks' receivers; nil: that of the system.
	Resolver *net.Resolver
	// Providers are where the built-in OAuth providers are; nil: where they really are. Tests put their own in their place.
	Providers map[string]oauth.Endpoints
	// Now is the clock by which webhooks are due; nil: time.Now. Tests move it.
	Now func() time.Time
	// ThirdParties replaces the OAuth providers of tenants; nil: those that are configured.
	ThirdParties func(t *tenants.Tenant) roundtrip.Providers
	// CertificateCheck is how often certificates are looked at for renewal; 10 min where it is not positive. Tests are in more of a hurry.
	CertificateCheck time.Duration
	// Queues are those that the worker works on; all where there is none.
	Queues []string
}

// An App is the program, put together but not running.
type App struct {
	Settings    *settings.Settings
	Log         *slog.Logger
	Store       *store.Store
	Registry    *tenants.Registry
	Provisioner *tenants.Provisioner
	APIKeys     *tenants.APIKeys
	DeadLetters *deadletter.Room
	MailLog     *maillog.Room
	// OperatorTokens are for operators' programs, Operators the people.
	OperatorTokens *tenants.OperatorTokens
	Operators      *operator.Room
	Users          *user.Directory
	Sessions       *session.Service
	Federation     *federation.Room
	SAML           *saml.Room
	Domains        *domains.Room
	Reseal         *reseal.Room
	RoundTrip      *roundtrip.Room
	Flows          *flows.Flows
	Management     *management.Service
	Webhooks       *webhook.Room
	OAuth          *oauth.Room
	Idempotency    *idempotency.Keys
	Jobs           *transfer.Jobs
	Exporter       *transfer.Exporter
	Bundles        *bundle.Room
	AuditLog       *audit.Log
	AuditKeeper    *audit.Keeper
	Usage          *usage.Room
	UsageAudit     *audit.Usage
	Calls          *usage.Calls
	Allowance      *allowance.Keeper
	// Single is the configuration of the only tenant, in single-tenant mode.
	Single *config.Config

	options Options
	keyring *secret.Keyring
	bell    *bell.Bell
	queue   *queue
	keys    *jose.Pool
	mailer  worker.Mailer
	metrics *telemetry.Metrics
	traces  *telemetry.Traces // nil where nothing is traced
	working *worker.Metrics
	works   atomic.Bool // this process carries out what is in the outbox
	// draining says that the servers are about to close.
	draining atomic.Bool
	worker   *worker.Worker
	// certificates are got by the public server itself; nil behind a proxy.
	certificates *certificates.Manager
	tails        *audit.Tails
	closers      []io.Closer
}

// New opens what the settings name and puts the program together. It refuses a database whose migrations are not at head, unless the
// settings say to apply them. Close what it returns.
func New(ctx context.Context, s *settings.Settings, o Options) (_ *App, err error) {
	a := &App{Settings: s, Log: o.Log, options: o, metrics: telemetry.NewMetrics()}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if a.keyring, err = secret.NewKeyring(s.Secrets.Reveal()); err != nil {
		return nil, fmt.Errorf("secrets.keys: %w", err)
	}
	if err := a.buildTraces(ctx); err != nil {
		return nil, err
	}
	if err := a.migrate(ctx); err != nil {
		return nil, err
	}
	a.Store, err = store.Open(ctx, store.Options{
		URL: s.Database.URL.Reveal(), MaxOpen: s.Database.Pool, MaxIdle: s.Database.IdlePool,
		MaxLifetime: s.Database.ConnMaxLifetime, MaxIdleTime: s.Database.ConnMaxIdleTime,
		TxScope:     s.Database.TransactionPooler,
		OnStatement: o.OnStatement, Logger: o.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("database.url: %w", err)
	}
	a.closers = append(a.closers, a.Store)
	if err := a.atHead(ctx); err != nil {
		return nil, err
	}
	if a.queue, err = openQueue(s.Redis.URL.Reveal()); err != nil {
		return nil, fmt.Errorf("redis.url: %w", err)
	}
	a.closers = append(a.closers, a.queue)
	a.bell = bell.New(a.queue.shared(), o.Log)
	if err := a.buildTenants(ctx); err != nil {
		return nil, err
	}
	if err := a.buildAuth(); err != nil {
		return nil, err
	}
	if err := a.buildTLS(); err != nil {
		return nil, err
	}
	a.buildWorker()
	return a, nil
}

// buildTraces begins to trace where the settings name a collector.
func (a *App) buildTraces(ctx context.Context) (err error) {
	s := a.Settings.Traces
	if s.Endpoint == nil {
		return nil
	}
	a.traces, err = telemetry.OpenTraces(ctx, telemetry.TraceOptions{
		Endpoint: s.Endpoint, Ratio: s.Ratio, TrustCallers: s.TrustCallers, Version: a.options.Version, Log: a.Log,
	})
	if err == nil {
		a.closers = append(a.closers, a.traces)
	}
	return err
}

// migrate applies what is pending where the settings say so.
func (a *App) migrate(ctx context.Context) error {
	if !a.Settings.Database.AutoMigrate {
		return nil
	}
	m, err := migrations.Open(a.Settings.Database.MigrateURL.Reveal(), a.Log)
	if err != nil {
		return fmt.Errorf("database.migrate_url: %w", err)
	}
	_, err = m.Up(ctx)
	if err = errors.Join(err, m.Close()); err != nil {
		return fmt.Errorf("apply migrations: %w", err)
	}
	return nil
}

func (a *App) buildTenants(ctx context.Context) error {
	s := a.Settings
	single := !s.MultiTenancy.Enabled
	addresses, err := tenants.NewAddresses(s.Public.BaseURL.String(), s.Admin.BaseURL.String(), single)
	if err != nil {
		return err
	}
	addresses = addresses.WithConsole(s.Console.BaseURL.String())
	o := tenants.RegistryOptions{Store: a.Store, Keyring: a.keyring, Addresses: addresses, Log: a.Log, Quotas: quotaDefaults(s.Quotas)}
	if single {
		if a.Single, err = singleConfig(ctx, s, a.Log); err != nil {
			return err
		}
		o.Single = a.Single
	}
	if a.queue.shared() != nil {
		o.Bell = a.bell
	}
	a.Registry = tenants.NewRegistry(o)
	a.keys = jose.NewPool(1)
	out := outbox.NewWriter(a.keyring, func() { a.bell.Ring(bellOutbox) })
	a.Provisioner = tenants.NewProvisioner(tenants.ProvisionerOptions{
		Store: a.Store, Keyring: a.keyring, Registry: a.Registry, Keys: a.keys, Log: a.Log, Outbox: out,
		Grace: &a.Settings.Tenants.Grace, ResealHook: webhook.Resealer(a.keyring), AllowsPlain: a.allowsPlain,
	})
	a.Usage, a.UsageAudit, a.Calls = usage.NewRoom(a.Store), audit.NewUsage(a.Store), usage.NewCalls(a.Store, a.Log)
	a.Allowance = allowance.NewKeeper(allowance.Needs{Store: a.Store, Outbox: out, Registry: a.Registry, Usage: a.Usage, Log: a.Log, Now: a.options.Now})
	a.Calls.Telling(func(tenant uuid.UUID) { a.Allowance.Touch(tenant, false) })
	a.APIKeys = tenants.NewAPIKeys(a.Store, a.Log, time.Now).Recording(out)
	a.OperatorTokens = tenants.NewOperatorTokens(a.Store, a.Log, time.Now).Recording(out)
	a.Domains = a.domainRoom(out)
	return a.Provisioner.EnsureSystem(ctx)
}

func (a *App) buildAuth() error {
	s := a.Settings
	ring := func() { a.bell.Ring(bellOutbox) }
	out := outbox.NewWriter(a.keyring, ring)
	a.DeadLetters, a.MailLog = deadletter.NewRoom(a.Store, out, ring), maillog.NewRoom(a.Store)
	a.Users = user.NewDirectory(a.Store)
	a.Sessions = session.New(a.Store, out, func() { a.bell.Ring(bellSessions) }, sessionCache, a.Log)
	a.Operators = operator.NewRoom(operator.Needs{
		Store: a.Store, Outbox: out, Registry: a.Registry, Users: a.Users, Sessions: a.Sessions, Now: time.Now,
	})
	a.OperatorTokens.HeldBy(a.Operators.Held)
	hasher := password.New(password.Options{})
	passwords := authpassword.NewRoom(a.Store, hasher)
	passkeys := passkey.NewRoom(a.Store, a.options.Models)
	totps := totp.NewRoom(a.Store, a.keyring)
	devices := devicetrust.NewRoom(a.Store)
	a.Idempotency = idempotency.New(a.Store, a.keyring, time.Now)
	a.Management = management.New(management.Needs{
		Store: a.Store, Outbox: out, Keyring: a.keyring, Users: a.Users,
		Passwords: passwords, Passkeys: passkeys, TOTP: totps, Devices: devices, Sessions: a.Sessions,
	})
	a.working = worker.NewMetrics(a.Store, a.Log)
	a.Reseal = reseal.NewRoom(reseal.Needs{Store: a.Store, Keyring: a.keyring, Outbox: out, Log: a.Log})
	a.working.Sealed(a.Reseal)
	a.metrics.Register(a.working.Collectors()...)
	a.Webhooks = webhook.NewRoom(webhook.Needs{
		Attempted: a.working.Webhook, Traces: a.traces, Counted: func(tenant uuid.UUID) { a.Allowance.Touch(tenant, false) },
		Store: a.Store, Outbox: out, Keyring: a.keyring, Registry: a.Registry, Log: a.Log, Now: a.options.Now,
		Client: a.outbound(webhook.Timeout), AllowsPlain: a.allowsPlain,
		Ring: func() { a.bell.Ring(bellOutbox) },
	})
	a.OAuth = oauth.New(oauth.Needs{Client: a.outbound(oauth.Timeout), Endpoints: a.options.Providers})
	a.AuditLog = audit.NewLog(a.Store, a.keyring)
	a.tails = audit.NewTails(a.Store, time.Second, a.Log)
	a.AuditKeeper = audit.NewKeeper(a.Store, a.Registry)
	a.Exporter = transfer.NewExporter(a.Store, totps, out)
	a.Jobs = transfer.NewJobs(a.Store, a.keyring, out, transfer.NewWriter(a.Store, totps), a.Exporter)
	a.Bundles = bundle.NewRoom(bundle.Needs{Store: a.Store, Keyring: a.keyring, Tenants: a.Provisioner, Log: a.Log, Version: a.options.Version})
	limiter := ratelimit.NewCounted(a.limiter())
	a.registerLoad(hasher, limiter)
	gate := federation.NewGate(limiter, departures(s.RateLimiter))
	a.Federation = federation.New(federation.Needs{Store: a.Store, Outbox: out, Users: a.Users, Log: a.Log})
	a.SAML = a.samlRoom(out, gate)
	a.RoundTrip = roundtrip.New(roundtrip.Needs{Keyring: a.keyring, Providers: a.providers, Federation: a.Federation, Log: a.Log})
	var err error
	a.Flows, err = flows.New(flows.Needs{
		Store:      a.Store,
		Outbox:     out,
		Keyring:    a.keyring,
		Users:      a.Users,
		Passwords:  passwords,
		Passcodes:  passcode.NewRoom(a.Store, a.keyring),
		Passkeys:   passkeys,
		TOTP:       totps,
		Recovery:   recoverycode.NewRoom(a.Store, a.keyring),
		Devices:    devices,
		Sessions:   a.Sessions,
		Federation: a.Federation,
		RoundTrip:  a.RoundTrip,
		SAML:       a.SAML,
		Gate:       gate,
		Limiter:    limiter,
		Limits:     limits(s.RateLimiter),
		Log:        a.Log,
	})
	return err
}

// outbound reaches, for tenants, what they may reach.
func (a *App) outbound(timeout time.Duration) *http.Client {
	return safehttp.NewClient(safehttp.NewDialer(a.egress()), timeout)
}

// allowsPlain says whether tenants may name http:// addresses of a host for what is secret.
func (a *App) allowsPlain(host string) bool {
	return a.options.AnyPlain || a.egress().AllowsPlain(host)
}

// egress says where tenants may reach.
func (a *App) egress() safehttp.Options {
	return safehttp.Options{AllowCIDRs: a.Settings.Egress.AllowCIDRs, AllowLoopback: a.Settings.Dev.Enabled, Resolver: a.options.Resolver}
}

// samlRoom is sign-in through SAML identity providers. Their metadata is fetched where tenants say, so no further than tenants may reach.
func (a *App) samlRoom(out *outbox.Writer, gate *federation.Gate) *saml.Room {
	return saml.NewRoom(saml.Needs{
		Store: a.Store, Outbox: out, Keyring: a.keyring, Registry: a.Registry,
		Linker: a.Federation, Gate: gate,
		Client: a.outbound(saml.FetchTimeout), AllowHTTP: a.Settings.Dev.Enabled, Log: a.Log, Now: a.options.Now,
	})
}

// providers are the OAuth providers of a tenant.
func (a *App) providers(t *tenants.Tenant) (roundtrip.Providers, error) {
	if a.options.ThirdParties != nil {
		return a.options.ThirdParties(t), nil
	}
	return a.OAuth.Providers(t)
}

// sessionCache is how many verified tokens are remembered: about 1 KB each.
const sessionCache = 100_000

// limiter counts tries in Redis where there is one, and in memory while it does not answer.
func (a *App) limiter() ratelimit.Limiter {
	memory := ratelimit.NewMemory(ratelimit.MemoryOptions{})
	client := a.queue.shared()
	if client == nil || a.Settings.RateLimiter.Store == "in_memory" {
		return memory
	}
	return ratelimit.WithFallback(ratelimit.NewRedis(client), memory, a.Log)
}

func limits(r settings.RateLimiter) flows.Limits {
	if !r.Enabled {
		return flows.Limits{}
	}
	return flows.Limits{
		Passcode: limit(r.Passcode), Password: limit(r.Password), OTP: limit(r.OTP), Token: limit(r.Token),
		AccountPasscode: limit(r.AccountPasscode), AccountPassword: limit(r.AccountPassword), AccountOTP: limit(r.AccountOTP),
	}
}

func limit(l settings.Limit) ratelimit.Limit {
	return ratelimit.Limit{Tokens: l.Tokens, Interval: l.Interval}
}

// departures is how often a caller may leave for a third party.
func departures(r settings.RateLimiter) ratelimit.Limit {
	if !r.Enabled {
		return ratelimit.Limit{}
	}
	return limit(r.ThirdParty)
}

const day = 24 * time.Hour

func (a *App) buildWorker() {
	s := a.Settings
	a.mailer = a.options.Mailer
	if a.mailer == nil {
		a.mailer = NewSMTPMailer(s)
	}
	a.worker = worker.New(worker.Needs{
		Store: a.Store, Keyring: a.keyring, Registry: a.Registry,
		Redis: a.queue.client, Embedded: a.queue.embedded(),
		Bell: a.bell.Listen(bellOutbox), Mail: a.mailer, Audit: auditSinks(s.AuditLog),
		Cleanup: worker.CleanupPolicy{
			Intents: day, Mails: s.Mails.Retention, DeadIntents: deadletter.Kept, AuditLogs: s.AuditLog.Retention, Webhooks: 7 * day, DeadWebhooks: 30 * day,
		},
		Webhooks: a.Webhooks, Counted: a.Allowance.Touch, Now: a.options.Now, Metrics: a.working, Traces: a.traces, Queues: a.options.Queues,
		Jobs: a.Jobs, Tenants: a.Provisioner, SAML: a.SAML, Domains: a.Domains, Reseal: a.Reseal, Log: a.Log,
	})
}

func auditSinks(s settings.AuditLog) worker.AuditSinks {
	sinks := worker.AuditSinks{Store: s.Storage.Enabled, Mask: s.Mask, EraseDeleted: s.EraseDeletedUsers}
	if s.ConsoleOutput.Enabled {
		sinks.Console = os.Stdout
		if s.ConsoleOutput.Output == "stderr" {
			sinks.Console = os.Stderr
		}
	}
	return sinks
}

// singleConfig reads the configuration of the only tenant from the file and the environment.
func singleConfig(ctx context.Context, s *settings.Settings, log *slog.Logger) (*config.Config, error) {
	c, warnings, problems := config.DecodeMap(config.Default(), s.Tenant.Values)
	for _, w := range warnings {
		log.WarnContext(ctx, w)
	}
	problems = append(problems, notAmong(c.ValidateSingle(), problems)...)
	if len(problems) > 0 {
		return nil, tenantProblems(s, problems)
	}
	return &c, nil
}

// SingleConfig is the configuration of the only tenant, as the file and the environment have it, with its secrets in clear.
func SingleConfig(ctx context.Context, s *settings.Settings, log *slog.Logger) (*config.Config, error) {
	return singleConfig(ctx, s, log)
}

// notAmong are those problems whose path none of the others has: what could not be read has its default, which may be found fault with again.
func notAmong(problems, others config.Problems) config.Problems {
	return slices.DeleteFunc(problems, func(p config.Problem) bool {
		return slices.ContainsFunc(others, func(o config.Problem) bool { return o.Path == p.Path })
	})
}

// tenantProblems says of each problem where the value came from, as settings.Problems do.
func tenantProblems(s *settings.Settings, problems config.Problems) settings.Problems {
	list := make(settings.Problems, 0, len(problems))
	for _, p := range problems {
		one := settings.Problem{Key: p.Path, Path: p.Path, Where: s.File, Reason: p.Reason}
		if name, ok := s.Tenant.Sources[p.Path]; ok {
			one.Key, one.Where, one.Reason = name, "environment", p.Path+" "+p.Reason
		}
		list = append(list, one)
	}
	return list
}

// TenantKeys are the settings of the only tenant beyond those of a Hanko configuration.
func TenantKeys() []settings.TenantKey {
	return []settings.TenantKey{
		{Path: "signing.algorithm", Kind: settings.Text},
		{Path: "mfa.third_party", Kind: settings.Bool},
		{Path: "hosted_page.enabled", Kind: settings.Bool},
		{Path: "third_party.providers.apple.team_id", Kind: settings.Text},
		{Path: "third_party.providers.apple.key_id", Kind: settings.Text},
		{Path: "third_party.providers.apple.private_key", Kind: settings.Text},
	}
}

// Close closes what New opened.
func (a *App) Close() error {
	var failures []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		failures = append(failures, a.closers[i].Close())
	}
	a.closers = nil
	return errors.Join(failures...)
}

// Check checks what the settings alone cannot know: the secrets, and in single-tenant mode the configuration of the tenant, which it returns.
func Check(ctx context.Context, s *settings.Settings, log *slog.Logger) (*config.Config, error) {
	if _, err := secret.NewKeyring(s.Secrets.Reveal()); err != nil {
		return nil, fmt.Errorf("secrets.keys: %w", err)
	}
	if s.MultiTenancy.Enabled {
		return nil, nil
	}
	return singleConfig(ctx, s, log)
}

// Ring wakes the worker, as a commit does that left something in the outbox.
func (a *App) Ring() { a.bell.Ring(bellOutbox) }
