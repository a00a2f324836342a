package settings

import (
	"log/slog"
	"net/netip"
	"net/url"
	"time"
)

// Settings are the checked process settings. Everything is effective: parts are composed, defaults filled in, values that
// mean "the usual" replaced by it.
type Settings struct {
	Server               Server        `koanf:"server"`
	Public               Public        `koanf:"public"`
	Admin                Admin         `koanf:"admin"`
	Console              Console       `koanf:"console"`
	Database             Database      `koanf:"database"`
	Redis                Redis         `koanf:"redis"`
	Secrets              Secrets       `koanf:"secrets"`
	RateLimiter          RateLimiter   `koanf:"rate_limiter"`
	AuditLog             AuditLog      `koanf:"audit_log"`
	Log                  Log           `koanf:"log"`
	Traces               Traces        `koanf:"traces"`
	DefaultEmailDelivery EmailDelivery `koanf:"default_email_delivery"`
	MultiTenancy         MultiTenancy  `koanf:"multi_tenancy"`
	Tenants              Tenants       `koanf:"tenants"`
	Quotas               Quotas        `koanf:"quotas"`
	Mails                Mails         `koanf:"mails"`
	Egress               Egress        `koanf:"egress"`
	TLS                  TLS           `koanf:"tls"`

	// Debug was asked for. It lowers the log level; it never opens an internal error to a client.
	Debug bool `koanf:"debug"`

	// Dev is true in the dev command only: no key of the file or environment turns it on.
	Dev Dev `koanf:"dev"`

	// Tenant is the tenant part of file and environment, in single-tenant mode; otherwise empty.
	Tenant Tenant `koanf:"-"`

	// File is the file that was read, empty when there was none.
	File string `koanf:"-"`

	origins map[string]Origin
	keys    []Key
}

// Origin tells where the value of the key at a canonical path came from.
func (s *Settings) Origin(path string) Origin {
	if o, ok := s.origins[path]; ok {
		return o
	}
	return Origin{Layer: Default, Name: path}
}

// Server holds the listen addresses and how the address of a client is found.
type Server struct {
	Public  Listener `koanf:"public"`
	Admin   Listener `koanf:"admin"`
	Console Listener `koanf:"console"`
	Ops     Listener `koanf:"ops"`
	IP      ClientIP `koanf:"ip"`
	// DrainDelay is how long a server that was told to end still answers, not ready any more.
	DrainDelay time.Duration `koanf:"drain_delay"`
}

// A Listener is a TCP listen address, host:port with an optional host.
type Listener struct {
	Address string `koanf:"address"`
}

// ClientIP is how the address of a client is found. Only TrustedProxies are believed; private ranges are not trusted
// unless they are listed.
type ClientIP struct {
	Extractor      string         `koanf:"extractor"` // direct, x_forwarded_for or x_real_ip
	TrustedProxies []netip.Prefix `koanf:"-"`
}

// Public is what the public addresses of tenants are made from.
type Public struct {
	BaseURL BaseURL `koanf:"-"`
}

// Admin is where back ends reach the admin API.
type Admin struct {
	BaseURL BaseURL `koanf:"-"`
}

// Console is where operators reach the console.
type Console struct {
	BaseURL BaseURL `koanf:"-"`
}

// Database is how the database is reached.
type Database struct {
	URL             SecretURL     `koanf:"-"` // postgres://, mysql:// or sqlite://path; composed from the parts where they were given
	MigrateURL      SecretURL     `koanf:"-"` // of the owner role, for migrations; URL where not set
	Dialect         string        `koanf:"-"` // postgres, mysql or sqlite
	Pool            int           `koanf:"pool"`
	IdlePool        int           `koanf:"idle_pool"` // never 0: 0 in the configuration means as many as Pool
	ConnMaxLifetime time.Duration `koanf:"conn_max_lifetime"`
	ConnMaxIdleTime time.Duration `koanf:"conn_max_idletime"`
	AutoMigrate     bool          `koanf:"auto_migrate"`
	// TransactionPooler says that connections are lent for one transaction: the scope is set in each.
	TransactionPooler bool `koanf:"transaction_pooler"`
}

// Redis is the queue's doorbell, the shared rate limits and the invalidation channel.
type Redis struct {
	URL SecretURL `koanf:"-"` // redis://, rediss:// or unix://; empty: one node, in process
}

// Secrets hold the master secrets: the first encrypts, all decrypt.
type Secrets struct {
	Keys []Secret `koanf:"keys"`
}

// Reveal returns the secrets themselves, newest first.
func (s Secrets) Reveal() []string {
	plain := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		plain[i] = k.Reveal()
	}
	return plain
}

// RateLimiter holds the process-wide limits; tenants share the numbers, never a bucket.
type RateLimiter struct {
	Enabled  bool   `koanf:"enabled"`
	Store    string `koanf:"store"` // in_memory or redis
	Passcode Limit  `koanf:"passcode_limits"`
	OTP      Limit  `koanf:"otp_limits"`
	Password Limit  `koanf:"password_limits"`
	Token    Limit  `koanf:"token_limits"`

	// Of an account, whatever the address of the client: against those who have many addresses.
	AccountPasscode Limit `koanf:"account_passcode_limits"`
	AccountPassword Limit `koanf:"account_password_limits"`
	AccountOTP      Limit `koanf:"account_otp_limits"`

	// ThirdParty is how often a client may leave for a third party to sign in.
	ThirdParty Limit `koanf:"third_party_limits"`
}

// A Limit allows Tokens attempts in each Interval. Tokens ≥ 1, Interval > 0.
type Limit struct {
	Tokens   int           `koanf:"tokens"`
	Interval time.Duration `koanf:"interval"`
}

// AuditLog says where audit records go.
type AuditLog struct {
	ConsoleOutput ConsoleOutput `koanf:"console_output"`
	Mask          bool          `koanf:"mask"`
	Storage       Storage       `koanf:"storage"`
	Retention     time.Duration `koanf:"-"` // age at which clean-up removes stored records
	// EraseDeletedUsers makes what is personal in the records about users unreadable when they are deleted.
	EraseDeletedUsers bool `koanf:"erase_deleted_users"`
}

// ConsoleOutput prints audit records as JSON lines.
type ConsoleOutput struct {
	Enabled bool   `koanf:"enabled"`
	Output  string `koanf:"output"` // stdout or stderr
}

// Storage keeps audit records in the database.
type Storage struct {
	Enabled bool `koanf:"enabled"`
}

// Log is the program's own log.
type Log struct {
	Level            slog.Level `koanf:"-"`
	Format           string     `koanf:"format"` // json or text
	HealthAndMetrics bool       `koanf:"log_health_and_metrics"`
}

// Traces say where the spans of OpenTelemetry go.
type Traces struct {
	Endpoint     *url.URL `koanf:"-"` // nil: nowhere
	Ratio        float64  `koanf:"-"`
	TrustCallers bool     `koanf:"trust_callers"`
}

// EmailDelivery is the mail route of tenants that have none of their own.
type EmailDelivery struct {
	Enabled     bool   `koanf:"enabled"`
	FromAddress string `koanf:"from_address"`
	FromName    string `koanf:"from_name"`
	SMTP        SMTP   `koanf:"smtp"`
}

// SMTP is a mail host. An empty User means no authentication.
type SMTP struct {
	Host     string `koanf:"host"`
	Port     string `koanf:"port"`
	User     string `koanf:"user"`
	Password Secret `koanf:"password"`
	TLS      string `koanf:"tls"` // opportunistic, required or implicit
}

// MultiTenancy chooses between many tenants kept in the database and the one tenant of the file, served at "/".
type MultiTenancy struct {
	Enabled bool `koanf:"enabled"`
}

// Tenants is what holds for all tenants of the deployment.
type Tenants struct {
	Grace     time.Duration `koanf:"-"`          // how long a deleted tenant can be restored
	MaxImport int64         `koanf:"max_import"` // bytes of a bundle that console and API take
}

// Mails is the log of the mails of all tenants.
type Mails struct {
	Retention time.Duration `koanf:"-"` // how long a mail that was sent or dropped is in it
}

// Egress opens ranges that outbound calls on behalf of tenants may reach besides public addresses.
type Egress struct {
	AllowCIDRs []netip.Prefix `koanf:"-"`
}

// Dev is the dev command's state.
type Dev struct {
	Enabled bool   `koanf:"-"`
	Data    string `koanf:"data"` // directory of everything dev mode keeps
}

// Tenant is the part of file and environment that configures the one tenant of single-tenant mode.
type Tenant struct {
	// Values is the tenant part of the file with the environment's values set in it, keys as written (matching is
	// case-insensitive), legacy keys included. Numbers, booleans, lists and texts as YAML gives them; durations as text.
	Values map[string]any `json:"-"`

	// Sources names what set a path where it was not the file: "email_delivery.smtp.host" → "SMTP_HOST".
	Sources map[string]string `json:"-"`
}
