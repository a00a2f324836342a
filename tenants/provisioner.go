package tenants

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

// KeySource makes signing keys. RSA keys take long, so a pool has some ready: see jose.Pool.
type KeySource interface {
	Get(ctx context.Context, alg jose.Alg) (*jose.Key, error)
}

// ProvisionerOptions are what a Provisioner needs; all but Log, Now, Outbox, Grace, ResealHook and AllowsPlain are required.
type ProvisionerOptions struct {
	Store    *store.Store
	Keyring  *secret.Keyring
	Registry *Registry
	Keys     KeySource
	Log      *slog.Logger
	Now      func() time.Time
	// Outbox takes the audit records of what operators do; nil for none.
	Outbox *outbox.Writer
	// Grace is how long a deleted tenant can be restored; default 30 days.
	Grace *time.Duration
	// ResealHook seals the signing secrets of a webhook anew for the copy of it in another tenant.
	ResealHook func(from, hook, to, copied uuid.UUID, sealed []byte) ([]byte, error)
	// AllowsPlain says whether configurations may name http:// addresses of a host; nil: of none.
	AllowsPlain func(host string) bool
}

// A Provisioner makes, changes and ends tenants. Every change bumps the tenant's version in the same transaction, and tells the registries.
type Provisioner struct {
	o         ProvisionerOptions
	db        *store.Store
	registry  *Registry
	addresses Addresses
	recorder  recorder
	totals    *paging.Totals // of lists of tenants, by status
}

// lists is how many lists of tenants there are: one of each status, and one of all.
const lists = 5

// NewProvisioner makes a Provisioner.
func NewProvisioner(o ProvisionerOptions) *Provisioner {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Grace == nil {
		month := 30 * 24 * time.Hour
		o.Grace = &month
	}
	return &Provisioner{o: o, db: o.Store, registry: o.Registry, addresses: o.Registry.Addresses(), recorder: recorder{o.Outbox}, totals: paging.NewTotals(lists, time.Now)}
}

func (p *Provisioner) now() time.Time { return p.o.Now().UTC().Truncate(time.Microsecond) }

// A Record is a tenant as its operators see it. Secrets of the configuration are masked.
type Record struct {
	ID            uuid.UUID
	Slug          string
	Name          string
	Status        Status
	StatusReason  string
	Origin        Origin
	Config        *config.Config // with all defaults; secrets masked
	ConfigVersion int
	Version       int64
	PublicURL     string
	AdminURL      string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	// Deletion is that of a deleted tenant; nil for others.
	Deletion *Deletion
	// Quotas are what she may have, and what of it she has reached.
	Quotas *quota.State
}

// NewTenant is what a tenant is made from.
type NewTenant struct {
	ID     uuid.UUID       // a new one where nil
	Slug   string          // required but for OriginCompatible, where it is the id unless given
	Name   string          // for people; may be empty
	Config json.RawMessage // what differs from the defaults; may be empty
	Origin Origin          // OriginV1 where empty
	// Template is the name of a template that the configuration begins with, CopyFrom a tenant whose settings it begins with: one of the two at most.
	Template string
	CopyFrom uuid.UUID
}

// Create makes a tenant with its signing key, ready to serve when it returns. Errors: invalid_tenant or invalid_config with every problem,
// slug_taken, id_taken, single_tenant.
func (p *Provisioner) Create(ctx context.Context, by Actor, in NewTenant) (*Record, error) {
	if p.registry.o.Single != nil {
		return nil, problem.Conflict("single_tenant", "this deployment serves one tenant only: multi_tenancy.enabled is off")
	}
	if in.Origin == "" {
		in.Origin = OriginV1
	}
	if in.ID == uuid.Nil {
		in.ID = uuid.Must(uuid.NewV7())
	}
	in.normalise()
	copied, err := p.begin(ctx, &in)
	if err != nil {
		return nil, err
	}
	base, full, err := p.check(in)
	if err != nil {
		return nil, err
	}
	key, err := p.newKey(ctx, in.ID, signingAlg(full))
	if err != nil {
		return nil, fmt.Errorf("create tenant %q: %w", in.Slug, err)
	}
	now := p.now()
	key.state, key.activated = KeyActive, &now
	row, err := p.insert(ctx, by, in, base, full, now, func(ctx context.Context, tx *store.Tx) error {
		if err := copied.insert(ctx, tx, p, in.ID); err != nil {
			return err
		}
		return p.recorder.note(ctx, tx, in.ID, AuditTenantCreated, by, in.details())
	}, key)
	if err != nil {
		return nil, err
	}
	return p.record(row)
}

// Preview checks a new tenant as Create does, and lists what its configuration changes of the defaults, secrets masked; it makes nothing. Errors:
// invalid_tenant or invalid_config with every problem, slug_taken, id_taken, single_tenant.
func (p *Provisioner) Preview(ctx context.Context, in NewTenant) ([]config.Change, error) {
	if p.registry.o.Single != nil {
		return nil, problem.Conflict("single_tenant", "this deployment serves one tenant only: multi_tenancy.enabled is off")
	}
	in.Origin = cmp.Or(in.Origin, OriginV1)
	given := in.ID
	if in.ID == uuid.Nil {
		in.ID = uuid.Must(uuid.NewV7())
	}
	in.normalise()
	if _, err := p.begin(ctx, &in); err != nil {
		return nil, err
	}
	base, full, err := p.check(in)
	if err != nil {
		return nil, err
	}
	if err := p.free(ctx, given, in.Slug); err != nil {
		return nil, err
	}
	return config.Changes(base, full), nil
}

// free makes sure that no tenant, deleted ones included, has the id or slug.
func (p *Provisioner) free(ctx context.Context, id uuid.UUID, slug string) error {
	rows, err := p.db.Reader().Tenant.Query().Where(tenant.Or(tenant.ID(id), tenant.Slug(slug))).Limit(1).
		All(scope.With(ctx, scope.System("look whether a tenant exists")))
	switch {
	case err != nil:
		return fmt.Errorf("look whether a tenant exists: %w", err)
	case len(rows) == 0:
		return nil
	case rows[0].ID == id:
		return problem.Conflict("id_taken", "a tenant with this id exists")
	default:
		return problem.Conflict("slug_taken", "a tenant with this slug exists")
	}
}

// details are what the audit log says of a new tenant.
func (in NewTenant) details() map[string]any {
	d := map[string]any{"slug": in.Slug}
	if in.Template != "" {
		d["template"] = in.Template
	}
	if in.CopyFrom != uuid.Nil {
		d["copy_from"] = in.CopyFrom.String()
	}
	return d
}

// normalise fills in what follows from the rest.
func (in *NewTenant) normalise() {
	if in.Origin == OriginCompatible && in.Slug == "" {
		in.Slug = in.ID.String()
	}
	in.Name = strings.TrimSpace(in.Name)
}

// insert writes a tenant that was checked, with its keys and what else belongs to it. Errors: slug_taken, id_taken.
func (p *Provisioner) insert(
	ctx context.Context, by Actor, in NewTenant, base, full config.Config, created time.Time, also store.Write, keys ...*draftKey,
) (*ent.Tenant, error) {
	stored, err := sealConfig(p.o.Keyring, in.ID, base, full)
	if err != nil {
		return nil, fmt.Errorf("create tenant %q: %w", in.Slug, err)
	}
	changes, err := changesBetween(base, full)
	if err != nil {
		return nil, fmt.Errorf("create tenant %q: %w", in.Slug, err)
	}
	now := p.now()
	var row *ent.Tenant
	err = p.db.Do(ctx, scope.System("create tenant"), func(ctx context.Context, tx *store.Tx) error {
		var err error
		row, err = tx.Tenant.Create().SetID(in.ID).SetSlug(in.Slug).SetName(in.Name).SetNameFolded(fold(in.Name)).SetOrigin(string(in.Origin)).
			SetStatus(string(StatusActive)).SetConfig(stored).SetCreatedAt(created).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := key.insert(ctx, tx, now); err != nil {
				return err
			}
		}
		err = tx.TenantConfigVersion.Create().SetTenantID(in.ID).SetVersion(row.ConfigVersion).SetConfig(stored).
			SetChanges(changes).SetActor(string(by)).SetCreatedAt(now).Exec(ctx)
		if err != nil || also == nil {
			return err
		}
		return also(ctx, tx)
	})
	if store.IsUniqueViolation(err) {
		return nil, p.taken(ctx, in, err)
	}
	if err != nil {
		return nil, fmt.Errorf("create tenant %q: %w", in.Slug, err)
	}
	p.registry.Invalidate(Changed{row.ID, row.Version, []string{row.Slug}})
	return row, nil
}

// check finds all that is wrong with a new tenant, its configuration too.
func (p *Provisioner) check(in NewTenant) (base, full config.Config, err error) {
	wrong := checkNew(in)
	slug := in.Slug
	if len(wrong) > 0 {
		slug = "tenant" // its settings are checked against those of a good one
	}
	base = baseConfig(p.addresses, in.ID, slug, in.Name, in.Origin)
	full, err = decodeConfig(base, base, in.Config, in.Origin != OriginCompatible)
	if err == nil {
		err = p.refusePlain(base, full)
	}
	if err == nil && full.Service.PrimaryDomain != "" {
		err = unverifiedPrimary()
	}
	if len(wrong) == 0 {
		return base, full, err
	}
	if invalid, ok := errors.AsType[*problem.Error](err); ok {
		for _, f := range invalid.Fields {
			f.Path = "config." + f.Path
			wrong = append(wrong, f)
		}
	}
	return base, full, problem.Invalid("invalid_tenant", "the tenant is not valid", wrong...)
}

// checkNew finds all that is wrong with a new tenant but its configuration.
func checkNew(in NewTenant) []problem.Field {
	var fields []problem.Field
	own := in.Origin == OriginCompatible && in.Slug == in.ID.String()
	if !own && in.Origin != OriginSystem {
		if why := SlugProblem(in.Slug); why != "" {
			fields = append(fields, problem.Field{Path: "slug", Reason: why})
		}
	}
	if why := nameProblem(in.Name); why != "" {
		fields = append(fields, problem.Field{Path: "name", Reason: why})
	}
	return fields
}

func nameProblem(name string) string {
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "must not contain control characters"
	case utf8.RuneCountInString(name) > 255:
		return "must have at most 255 characters"
	}
	return ""
}

// taken says which of id and slug another tenant has.
func (p *Provisioner) taken(ctx context.Context, in NewTenant, cause error) error {
	ctx = scope.With(ctx, scope.System("name a conflict of tenants"))
	same, err := p.db.Reader().Tenant.Query().Where(tenant.ID(in.ID)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("create tenant %q: %w", in.Slug, err)
	}
	if same {
		return problem.Conflict("id_taken", "a tenant with this id exists").Wrap(cause)
	}
	return problem.Conflict("slug_taken", "a tenant with this slug exists").Wrap(cause)
}

// record shows a row to operators.
func (p *Provisioner) record(row *ent.Tenant) (*Record, error) {
	shown, err := p.registry.shown(row)
	if err != nil {
		return nil, err
	}
	quotas, err := p.registry.quotasOf(row)
	if err != nil {
		return nil, err
	}
	return &Record{
		ID: row.ID, Slug: row.Slug, Name: row.Name, Status: Status(row.Status), StatusReason: row.StatusReason, Origin: Origin(row.Origin),
		Config: &shown, ConfigVersion: row.ConfigVersion, Version: row.Version,
		PublicURL: p.registry.publicURL(row, shown, []string{shown.Service.PrimaryDomain}), AdminURL: p.addresses.Admin(row.ID),
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), Deletion: deletionOf(row), Quotas: quotas.State,
	}, nil
}
