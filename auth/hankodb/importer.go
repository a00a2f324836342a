package hankodb

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// Needs are what an Importer writes with.
type Needs struct {
	Store       *store.Store
	Keyring     *secret.Keyring
	Provisioner *tenants.Provisioner
	Registry    *tenants.Registry
	Accounts    *transfer.Writer
	// Audit adds to the audit logs. Where it is nil, one that erases records about people who were deleted.
	Audit *audit.Appender
	// Single says that this deployment serves one tenant.
	Single bool
}

// Options say what is imported, and how.
type Options struct {
	// Secrets of the old installation, newest first. Those that Hanko has built in need not be among them.
	Secrets []string
	// Tenants to import; all where there are none.
	Tenants []uuid.UUID
	// Slugs of tenants that are not to be reached by their id.
	Slugs map[uuid.UUID]string
	// DefaultConfig is the configuration of the default tenant, for which the database holds none: Hanko reads it from its file.
	DefaultConfig json.RawMessage
	// Skip are the kinds that are left out, of those that are Skippable.
	Skip []string
	// DryRun reads, checks and counts, and writes nothing.
	DryRun bool
	// Page is how many people, or rows, are written in one unit of work; 500 where it is not positive, transfer.MaxBatch at most.
	Page int
	// Problem is told each problem as it is found.
	Problem func(Problem)
	// Progress is told, after each unit of work, what was done for a tenant so far. It must not keep the outcome.
	Progress func(o *Outcome, kind string)
}

// An Importer takes tenants over.
type Importer struct {
	n        Needs
	o        Options
	source   *Source
	problems *problems
	now      time.Time
}

// New makes an Importer.
func New(n Needs) *Importer {
	n.Accounts = n.Accounts.KeepingExisting()
	if n.Audit == nil {
		n.Audit = audit.NewAppender(outbox.NewWriter(n.Keyring, nil), true)
	}
	return &Importer{n: n}
}

// Run imports what is in a source. Before anything is written, all tenants are looked at: whether the secrets open their keys, and whether
// their configurations can be made to fit. Errors: wrong_secret, invalid_import with every reason, and those of the databases. After an error,
// or when the context has ended, what was written stays, and another run goes on from there.
func (i *Importer) Run(ctx context.Context, source *Source, o Options) (*Report, error) {
	if o.Page <= 0 {
		o.Page = 500
	}
	o.Page = min(o.Page, transfer.MaxBatch)
	run := &Importer{n: i.n, o: o, source: source, problems: &problems{tell: o.Problem}, now: time.Now().UTC().Truncate(time.Microsecond)}
	report := &Report{DryRun: o.DryRun, Source: source.Name(), Missing: source.missing(), Skipped: map[string]string{}}
	plans, err := run.plan(ctx, report)
	if err != nil {
		return report, err
	}
	for _, p := range plans {
		outcome := &Outcome{Source: p.id, Target: p.target, Slug: cmp.Or(p.slug, p.target.String()), Counts: map[string]*Count{}}
		report.Tenants = append(report.Tenants, outcome)
		err := run.tenant(ctx, p, outcome)
		report.Problems = run.problems.n
		if err != nil {
			return report, fmt.Errorf("import tenant %s: %w", p.id, err)
		}
	}
	return report, nil
}

// A step takes over one kind of rows of a tenant.
type step struct {
	kind string
	run  func(context.Context, *plan, *Outcome) error
}

func (i *Importer) tenant(ctx context.Context, p *plan, o *Outcome) error {
	if err := i.adopt(ctx, p, o); err != nil {
		return err
	}
	var err error
	if p.last, err = i.lastRun(ctx, p); err != nil {
		return err
	}
	for _, s := range []step{
		{"", i.orphans}, {Certificates, i.certificates}, {Providers, i.providers}, {Webhooks, i.webhooks},
		{Users, i.people}, {Emails, i.unclaimed}, {Identities, i.pending}, {AuditLogs, i.auditLogs},
	} {
		if i.skips(s.kind) {
			continue
		}
		if err := s.run(ctx, p, o); err != nil {
			return fmt.Errorf("%s: %w", s.kind, err)
		}
		i.progress(o, s.kind)
	}
	return i.noteRun(ctx, p, o)
}

func (i *Importer) skips(kind string) bool { return slices.Contains(i.o.Skip, kind) }

func (i *Importer) progress(o *Outcome, kind string) {
	if i.o.Progress != nil {
		i.o.Progress(o, kind)
	}
}

// adopt makes the tenant with its keys.
func (i *Importer) adopt(ctx context.Context, p *plan, o *Outcome) error {
	keys, err := i.source.keys(ctx, p.id)
	if err != nil {
		return err
	}
	in := tenants.Adoption{NewTenant: p.newTenant(), CreatedAt: p.created}
	for _, k := range keys {
		plain, err := p.opener.OpenLegacy(k.sealed)
		if err != nil {
			return wrongSecret(p.id, k)
		}
		in.Keys = append(in.Keys, tenants.ForeignKey{Private: plain, CreatedAt: k.created})
	}
	if in.ValidUntil, err = i.source.lastExpiry(ctx, p.id); err != nil {
		return err
	}
	count := o.count(Keys)
	count.Read = len(keys)
	if i.o.DryRun {
		return i.dryAdopt(ctx, p, o)
	}
	adopted, err := i.n.Provisioner.Adopt(ctx, tenants.ByCLI, in)
	if err != nil {
		return err
	}
	o.Created, o.Slug, o.URL = adopted.Created, adopted.Record.Slug, adopted.Record.PublicURL
	p.lifespan = time.Duration(adopted.Record.Config.Session.Lifespan)
	count.Imported, count.Present = adopted.Keys, len(keys)-adopted.Keys
	p.here = true
	if p.slug != "" && p.slug != o.Slug && !i.n.Single {
		i.problems.add(Problem{Tenant: p.id, Table: "tenants", ID: p.id.String(), Reason: "the tenant is here already and keeps its slug " + o.Slug})
	}
	return nil
}

// dryAdopt says what adopt would do.
func (i *Importer) dryAdopt(ctx context.Context, p *plan, o *Outcome) error {
	record, err := i.n.Provisioner.Get(ctx, p.target)
	if errors.Is(err, tenants.ErrNotFound) {
		o.Created = !i.n.Single
		o.count(Keys).Imported = o.count(Keys).Read
		return nil
	}
	if err != nil {
		return err
	}
	p.here, o.Slug, o.URL = true, record.Slug, record.PublicURL
	p.lifespan = time.Duration(record.Config.Session.Lifespan)
	have, err := i.n.Provisioner.SigningKeys(ctx, p.target)
	if err != nil {
		return err
	}
	for _, kid := range p.kids {
		if slices.ContainsFunc(have, func(k tenants.SigningKey) bool { return k.ID == kid }) {
			o.count(Keys).Present++
		} else {
			o.count(Keys).Imported++
		}
	}
	return nil
}

// unit is one unit of work in the target tenant.
func (i *Importer) unit(ctx context.Context, p *plan, write store.Write) error {
	return i.n.Store.Do(ctx, scope.Tenant(p.target), write)
}

// insert writes rows, unless in a dry run.
func (i *Importer) insert(ctx context.Context, rows interface{ Exec(context.Context) error }) error {
	if i.o.DryRun {
		return nil
	}
	return rows.Exec(ctx)
}
