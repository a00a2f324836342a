package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/ent/tenantconfigversion"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/relyingparty"
)

// arrivalLease is how long an arrival is left alone after its last sign of life. Then somebody else may begin anew, and the worker clears it away.
const arrivalLease = 2 * time.Minute

// clearedAtOnce is how many rows of a broken arrival go in one unit of work.
const clearedAtOnce = 1000

// Errors of arrivals.
var (
	ErrArriving = problem.Conflict("import_running",
		"the tenant is being imported, or an import of it was broken off a moment ago; try again in two minutes")
	ErrOvertaken = problem.Conflict("import_overtaken", "the import took too long between two parts, and was cleared away or begun anew by another")
)

// As says how a tenant is to be where it arrives.
type As struct {
	Slug string // in place of the one it had, unless empty
	// KeepRelyingParty names the relying party it had in the configuration, id and origins, so that credentials made there go on working on the same
	// pages, whatever the public URL is here.
	KeepRelyingParty bool
}

// An Arrival is a tenant whose rows are being written. Nobody finds it until it is finished.
type Arrival struct {
	ID   uuid.UUID
	Slug string

	p      *Provisioner
	m      Moving
	bundle uuid.UUID
	token  string // by which the row is known to be this arrival's
	base   config.Config
	full   config.Config
	before config.Config // what it had, under the defaults of here
}

// Arrive makes room for a tenant that moves here, under the id it has. Where the same bundle has arrived before, the tenant is returned instead.
//
// What a former arrival left that was broken off is cleared first. Errors: single_tenant, invalid_tenant and invalid_config with every problem,
// id_taken, slug_taken, ErrArriving.
func (p *Provisioner) Arrive(ctx context.Context, m Moving, bundle uuid.UUID, as As) (*Arrival, *Record, error) {
	if p.registry.o.Single != nil {
		return nil, nil, errSingleMoves
	}
	a := &Arrival{ID: m.ID, Slug: m.Slug, p: p, m: m, bundle: bundle, token: "import " + uuid.NewString()}
	if as.Slug != "" {
		a.Slug = as.Slug
	}
	if err := a.check(as); err != nil {
		return nil, nil, err
	}
	there, err := p.arrivedBefore(ctx, a)
	if err != nil || there != nil {
		return nil, there, err
	}
	now := p.now()
	err = p.db.Do(ctx, scope.System("make room for a tenant"), func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(a.ID).SetSlug(a.Slug).SetName(m.Name).SetNameFolded(fold(m.Name)).SetOrigin(string(m.Origin)).
			SetStatus(string(StatusImporting)).SetStatusReason(a.token).SetPurgeAfter(now.Add(arrivalLease)).
			SetConfig([]byte("{}")).SetCreatedAt(m.CreatedAt.UTC().Truncate(time.Microsecond)).SetUpdatedAt(now).Exec(ctx)
	})
	if store.IsUniqueViolation(err) {
		return nil, nil, p.taken(ctx, NewTenant{ID: a.ID, Slug: a.Slug}, err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("make room for tenant %s: %w", a.ID, err)
	}
	return a, nil, nil
}

// check finds all that is wrong with what arrives, as Create and a change of the configuration would.
func (a *Arrival) check(as As) error {
	in := NewTenant{ID: a.ID, Slug: a.Slug, Name: a.m.Name, Config: a.m.Config, Origin: a.m.Origin}
	var wrong []problem.Field
	add := func(path, reason string) { wrong = append(wrong, problem.Field{Path: path, Reason: reason}) }
	if a.ID == uuid.Nil || a.ID == uuid.Max || a.ID == SystemID || a.ID == SingleID {
		add("id", "is no id that a tenant can have")
	}
	if a.m.Origin != OriginV1 && a.m.Origin != OriginCompatible {
		add("origin", "must be v1 or compatible")
	}
	if a.m.Status != StatusActive && a.m.Status != StatusReadOnly && a.m.Status != StatusSuspended {
		add("status", "must be active, read_only or suspended")
	}
	if why := nameProblem(a.m.StatusReason); why != "" {
		add("status_reason", why)
	}
	if a.m.ConfigVersion < 1 || a.m.ConfigVersion >= math.MaxInt32 || a.m.Version < 1 || a.m.Version >= math.MaxInt64/2 {
		add("version", "is no number that a version can have")
	}
	if len(a.m.Quotas) > 0 && (!json.Valid(a.m.Quotas) || a.m.Quotas[0] != '{') {
		add("quotas", "must be a JSON object")
	}
	if wrong = append(wrong, checkNew(in)...); len(wrong) > 0 {
		return problem.Invalid("invalid_tenant", "the tenant is not valid", wrong...)
	}
	a.base = baseConfig(a.p.addresses, a.ID, a.Slug, a.m.Name, a.m.Origin)
	var err error
	if a.before, err = decodeConfig(a.base, a.base, a.m.Config, a.m.Origin != OriginCompatible); err != nil {
		return err
	}
	a.full = a.before
	a.full.Service.PrimaryDomain = "" // domains are to be verified anew
	if as.KeepRelyingParty {
		a.full.WebAuthn.RelyingParty.ID, a.full.WebAuthn.RelyingParty.Origins = a.m.RelyingParty.ID, a.m.RelyingParty.Origins
		if problems := a.full.Validate(); len(problems) > 0 {
			return invalidConfig(problems)
		}
	}
	return nil
}

// arrivedBefore finds the tenant where it has arrived in the same bundle, and clears what is left of an arrival that was broken off.
func (p *Provisioner) arrivedBefore(ctx context.Context, a *Arrival) (*Record, error) {
	row, err := p.getAny(ctx, a.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case Status(row.Status) == StatusImporting:
		return nil, a.takeOver(ctx)
	case Status(row.Status) == StatusDeleting:
		return nil, problem.Conflict("id_taken", "the tenant was deleted here and is not purged yet: restore it, or purge it first")
	}
	same, err := p.db.Reader().TenantConfigVersion.Query().Where(tenantconfigversion.Actor(string(a.actor()))).Exist(scope.With(ctx, scope.Tenant(a.ID)))
	if err != nil {
		return nil, fmt.Errorf("look whether tenant %s arrived before: %w", a.ID, err)
	}
	if !same {
		return nil, problem.Conflict("id_taken", "the tenant is here already, and did not come in this bundle")
	}
	return p.record(row)
}

// actor is who changed the configuration with the arrival: by that the bundle is known again.
func (a *Arrival) actor() Actor { return Actor("import:" + a.bundle.String()) }

// takeOver clears what is left of an arrival that gives no sign of life. Error: ErrArriving where it does.
func (a *Arrival) takeOver(ctx context.Context) error {
	err := a.p.db.Do(ctx, scope.System("take over an import"), func(ctx context.Context, tx *store.Tx) error {
		now := a.p.now()
		row, err := store.Lock(tx, tx.Tenant.Query().Where(tenant.ID(a.ID), tenant.Status(string(StatusImporting)))).Only(ctx)
		if ent.IsNotFound(err) {
			return ErrArriving // it has just ended, one way or the other
		}
		if err != nil {
			return err
		}
		if row.PurgeAfter != nil && row.PurgeAfter.After(now) {
			return ErrArriving
		}
		return row.Update().SetStatusReason(a.token).SetPurgeAfter(now.Add(arrivalLease)).SetUpdatedAt(now).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("take over the import of tenant %s: %w", a.ID, err)
	}
	return a.Abandon(ctx)
}

// Hold makes sure, inside a unit of work in the tenant's scope, that the tenant is still this arrival's, and is a sign of life. Error: ErrOvertaken.
func (a *Arrival) Hold(ctx context.Context, tx *store.Tx) error {
	row, err := a.lock(ctx, tx)
	if err != nil {
		return err
	}
	now := a.p.now()
	return tx.Tenant.UpdateOne(row).SetPurgeAfter(now.Add(arrivalLease)).SetUpdatedAt(now).Exec(ctx)
}

func (a *Arrival) lock(ctx context.Context, tx *store.Tx) (*ent.Tenant, error) {
	row, err := store.Lock(tx, tx.Tenant.Query().
		Where(tenant.ID(a.ID), tenant.Status(string(StatusImporting)), tenant.StatusReason(a.token))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrOvertaken
	}
	return row, err
}

// SealVersion is a configuration of the history as it is stored here. Error: config.Problems.
func (a *Arrival) SealVersion(plain []byte) (json.RawMessage, error) {
	full, err := config.Apply(a.base, plain)
	if err != nil {
		return nil, err
	}
	return sealConfig(a.p.o.Keyring, a.ID, a.base, full)
}

// Finish makes the tenant what it was: from now on it is found. Error: ErrOvertaken.
func (a *Arrival) Finish(ctx context.Context, by Actor, details map[string]any) (*Record, error) {
	stored, err := sealConfig(a.p.o.Keyring, a.ID, a.base, a.full)
	if err != nil {
		return nil, fmt.Errorf("finish the import of tenant %s: %w", a.ID, err)
	}
	changes, err := changesBetween(a.before, a.full)
	if err != nil {
		return nil, fmt.Errorf("finish the import of tenant %s: %w", a.ID, err)
	}
	var row *ent.Tenant
	err = a.p.db.Do(ctx, scope.System("finish an import"), func(ctx context.Context, tx *store.Tx) error {
		arriving, err := a.lock(ctx, tx)
		if err != nil {
			return err
		}
		now := a.p.now()
		update := tx.Tenant.UpdateOne(arriving).SetStatus(string(a.m.Status)).SetStatusReason(a.m.StatusReason).ClearPurgeAfter().SetConfig(stored).
			SetConfigVersion(a.m.ConfigVersion + 1).SetVersion(a.m.Version + 1).SetUpdatedAt(now)
		if len(a.m.Quotas) > 0 {
			update.SetQuotas(a.m.Quotas)
		}
		if row, err = update.Save(ctx); err != nil {
			return err
		}
		if err := tx.TenantConfigVersion.Create().SetTenantID(a.ID).SetVersion(row.ConfigVersion).SetConfig(stored).SetChanges(changes).
			SetActor(string(a.actor())).SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		return a.p.recorder.note(ctx, tx, a.ID, AuditTenantImported, by, details)
	})
	if err != nil {
		return nil, fmt.Errorf("finish the import of tenant %s: %w", a.ID, err)
	}
	a.p.registry.Invalidate(Changed{row.ID, row.Version, []string{row.Slug}})
	return a.p.record(row)
}

// Abandon deletes what has arrived. Somebody else's arrival is left alone.
func (a *Arrival) Abandon(ctx context.Context) error {
	for gone := false; !gone; {
		err := a.p.db.Do(ctx, scope.System("clear a broken import"), func(ctx context.Context, tx *store.Tx) error {
			_, err := a.lock(ctx, tx)
			if errors.Is(err, ErrOvertaken) {
				gone = true
				return nil
			}
			if err != nil {
				return err
			}
			purged, err := tx.Raw.PurgeTenant(ctx, a.ID, clearedAtOnce)
			gone = purged.Gone
			return err
		})
		if err != nil {
			return fmt.Errorf("clear the import of tenant %s: %w", a.ID, err)
		}
	}
	return nil
}

// RelyingParty foretells what the move does to the credentials of the tenant, which has arrived: see relyingparty.Make.
func (p *Provisioner) RelyingParty(ctx context.Context, m *Moving) (relyingparty.Plan, error) {
	row, err := p.get(ctx, tenant.ID(m.ID))
	if err != nil {
		return relyingparty.Plan{}, err
	}
	c, err := p.registry.shown(row)
	if err != nil {
		return relyingparty.Plan{}, err
	}
	held, err := p.holders(ctx, m.ID, c)
	if err != nil {
		return relyingparty.Plan{}, err
	}
	return relyingparty.Make(m.RelyingParty, c.WebAuthn.RelyingParty, held), nil
}
