package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"entgo.io/ent/dialect"
	"github.com/redis/go-redis/v9"

	"github.com/latchkeep/latchkeep/ent/migrations"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// Health of a part of an installation.
type Health string

// How a part may be.
const (
	Healthy Health = "ok"
	Doubt   Health = "warning"
	Broken  Health = "BROKEN" // the program does not work with it
)

// A Finding is what Diagnose found about one part of an installation.
type Finding struct {
	Health Health `json:"health"`
	What   string `json:"part"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"` // what to do, empty where nothing is to be done
}

// Checks are what Diagnose does beyond the usual.
type Checks struct {
	// DNS looks up the host of every tenant.
	DNS bool
}

// checkup bounds each question to a database or a Redis.
const checkup = 5 * time.Second

// maxSkew is how far clocks may be apart before sessions and codes suffer.
const maxSkew = 5 * time.Second

// A diagnosis collects findings.
type diagnosis struct {
	s        *settings.Settings
	checks   Checks
	findings []Finding
}

func (d *diagnosis) note(h Health, what, remedy, text string, args ...any) {
	d.findings = append(d.findings, Finding{Health: h, What: what, Text: fmt.Sprintf(text, args...), Remedy: remedy})
}

// Diagnose looks at what the settings name: the secrets, the database, its migrations, role and content, Redis, the mail host and the clocks. It
// changes nothing, and nothing it says holds a secret.
func Diagnose(ctx context.Context, s *settings.Settings, checks Checks) []Finding {
	d := &diagnosis{s: s, checks: checks}
	keyring, err := secret.NewKeyring(s.Secrets.Reveal())
	if err != nil {
		d.note(Broken, "secrets", "correct secrets.keys", "%v", err)
		return d.findings
	}
	d.note(Healthy, "secrets", "", "%d, the first encrypts", len(s.Secrets.Keys))
	var only *config.Config
	if !s.MultiTenancy.Enabled {
		if only, err = singleConfig(ctx, s, slog.New(slog.DiscardHandler)); err != nil {
			d.note(Broken, "tenant", "correct "+s.File+" or the environment", "%v", err)
			return d.findings
		}
	}
	d.database(ctx, keyring, only)
	d.redis(ctx)
	d.mail(ctx, only)
	return d.findings
}

func (d *diagnosis) database(ctx context.Context, keyring *secret.Keyring, only *config.Config) {
	ctx, cancel := context.WithTimeout(scope.With(ctx, scope.System("examine the installation")), 4*checkup+tenantsTime)
	defer cancel()
	quiet := slog.New(slog.DiscardHandler)
	st, err := store.Open(ctx, store.Options{URL: d.s.Database.URL.Reveal(), MaxOpen: 2, TxScope: d.s.Database.TransactionPooler, Logger: quiet})
	if err == nil {
		defer st.Close()
		err = st.Ping(ctx)
	}
	if err != nil {
		d.note(Broken, "database", "check database.url, and that the server runs and lets this machine in", "%s: %v", d.s.Database.URL, err)
		return
	}
	d.note(Healthy, "database", "", "%s answers", d.s.Database.URL)
	d.role(ctx, st)
	d.clock(ctx, "clock of the database", st.Raw().Clock)
	err = migrations.Check(ctx, st.Dialect(), st.Raw())
	if pending, ok := errors.AsType[*migrations.PendingError](err); ok {
		d.note(Broken, "migrations", "run latchkeep migrate up", "%d are pending", len(pending.Versions))
		return
	}
	if err != nil {
		d.note(Broken, "migrations", "see that the role of database.url may read the table atlas_schema_revisions", "%v", err)
		return
	}
	d.note(Healthy, "migrations", "", "up to date")
	d.content(ctx, st, keyring, only)
	d.masterKeys(ctx, st, keyring)
}

// role looks whether row-level security binds the program.
func (d *diagnosis) role(ctx context.Context, st *store.Store) {
	const remedy = "run the program as a role that owns nothing, and set database.migrate_url to the owner: see docs/install-postgresql.md"
	if st.Dialect() != dialect.Postgres {
		return
	}
	role, err := st.Raw().DatabaseRole(ctx)
	switch {
	case err != nil:
		d.note(Doubt, "role", "", "%v", err)
	case role.Bypasses:
		d.note(Doubt, "role", remedy, "is a superuser or has BYPASSRLS: the database does not keep tenants apart, only the program does")
	case role.Owns:
		d.note(Doubt, "role", remedy, "owns the tables: it could switch off what keeps tenants apart in the database")
	default:
		d.note(Healthy, "role", "", "owns nothing, row-level security binds it")
	}
}

func (d *diagnosis) redis(ctx context.Context) {
	if d.s.Redis.URL == "" {
		d.note(Healthy, "redis", "", "not set: queue and limits are kept in the process, which is for one node")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkup)
	defer cancel()
	o, err := redis.ParseURL(d.s.Redis.URL.Reveal())
	if err != nil {
		d.note(Broken, "redis", "correct redis.url", "redis.url cannot be read")
		return
	}
	client := redis.NewClient(o)
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		d.note(Broken, "redis", "check redis.url, and that the server runs and lets this machine in", "%s: %v", d.s.Redis.URL, err)
		return
	}
	d.note(Healthy, "redis", "", "%s answers", d.s.Redis.URL)
	d.clock(ctx, "clock of redis", func(ctx context.Context) (time.Time, error) { return client.Time(ctx).Result() })
}

func (d *diagnosis) clock(ctx context.Context, what string, ask func(context.Context) (time.Time, error)) {
	before := time.Now()
	theirs, err := ask(ctx)
	if err != nil {
		d.note(Doubt, what, "", "%v", err)
		return
	}
	skew := theirs.Sub(before.Add(time.Since(before) / 2)).Round(time.Millisecond)
	if skew.Abs() > maxSkew {
		d.note(Doubt, what, "let all machines keep time by NTP", "is %v apart from this machine's", skew)
		return
	}
	d.note(Healthy, what, "", "agrees with this machine's")
}
