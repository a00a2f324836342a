package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/session"
	"github.com/latchkeep/latchkeep/ent/signingkey"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// A ForeignKey is a signing key of the system that a tenant comes from.
type ForeignKey struct {
	Private   json.RawMessage // JWK
	CreatedAt time.Time
}

// An Adoption is a tenant that another system had.
type Adoption struct {
	NewTenant
	CreatedAt time.Time
	// Keys oldest first: the last one signs, as it did there.
	Keys []ForeignKey
	// ValidUntil is when the last token expires that one of the older keys may have signed.
	ValidUntil time.Time
}

// Adopted is what came of an adoption.
type Adopted struct {
	Record  *Record
	Created bool
	Keys    int // that were added
}

// CheckNew finds all that is wrong with a tenant that is to be made, as Create would. Errors: invalid_tenant, invalid_config.
func (p *Provisioner) CheckNew(in NewTenant) error {
	in.normalise()
	_, _, err := p.check(in)
	return err
}

// Adopt makes a tenant with the keys it signed with elsewhere, so that tokens from there stay valid and clients that keep the key set know
// the key that signs. A tenant that is there keeps what it has; keys it lacks are added. The keys of an adopted tenant that nobody has signed
// in to yet give way to those from elsewhere; else a key that is added only verifies.
//
// In single-tenant mode the only tenant adopts the keys, and the configuration is that of the file. Errors: as Create, jose.ErrNotAKey, and
// tenant_deleting where a tenant of that id waits to be purged.
func (p *Provisioner) Adopt(ctx context.Context, by Actor, in Adoption) (*Adopted, error) {
	if p.registry.o.Single != nil {
		in.ID = SingleID
	}
	drafts, err := p.adoptedKeys(in)
	if err != nil {
		return nil, fmt.Errorf("adopt tenant %s: %w", in.ID, err)
	}
	there, err := p.known(ctx, in.ID)
	if err != nil {
		return nil, fmt.Errorf("adopt tenant %s: %w", in.ID, err)
	}
	if there {
		return p.adoptKeys(ctx, in.ID, in.ValidUntil, drafts)
	}
	in.normalise()
	base, full, err := p.check(in.NewTenant)
	if err != nil {
		return nil, err
	}
	now := p.now()
	if len(drafts) == 0 {
		key, err := p.newKey(ctx, in.ID, signingAlg(full))
		if err != nil {
			return nil, fmt.Errorf("adopt tenant %s: %w", in.ID, err)
		}
		drafts = append(drafts, key)
	}
	retire(drafts, now, in.ValidUntil.Add(-signedFor(full)))
	activate(drafts[len(drafts)-1], now)
	created := in.CreatedAt.UTC().Truncate(time.Microsecond)
	if created.IsZero() || created.After(now) {
		created = now
	}
	row, err := p.insert(ctx, by, in.NewTenant, base, full, created, nil, drafts...)
	if err != nil {
		return nil, err
	}
	record, err := p.record(row)
	return &Adopted{Record: record, Created: true, Keys: len(in.Keys)}, err
}

// known reports whether a tenant is there; in single-tenant mode it is from now on.
func (p *Provisioner) known(ctx context.Context, id uuid.UUID) (bool, error) {
	if p.registry.o.Single != nil {
		return true, p.ensureSingleRow(ctx)
	}
	row, err := p.db.Reader().Tenant.Query().Where(tenant.ID(id)).Only(scope.With(ctx, scope.System("look for a tenant to adopt")))
	switch {
	case ent.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, err
	case Status(row.Status) == StatusDeleting:
		return false, problem.Conflict("tenant_deleting", "the tenant was deleted; wait until it is purged")
	}
	return true, nil
}

// adoptedKeys parses and seals keys from elsewhere. It takes long, so it is done before any unit of work.
func (p *Provisioner) adoptedKeys(in Adoption) ([]*draftKey, error) {
	now := p.now()
	drafts := make([]*draftKey, len(in.Keys))
	for i, foreign := range in.Keys {
		key, err := jose.ParsePrivate(foreign.Private)
		if err != nil {
			return nil, fmt.Errorf("signing key %d: %w", i+1, err)
		}
		if drafts[i], err = p.draft(in.ID, key); err != nil {
			return nil, err
		}
		drafts[i].created = foreign.CreatedAt.UTC().Truncate(time.Microsecond)
		if foreign.CreatedAt.IsZero() || foreign.CreatedAt.After(now) { // written in local time east of Greenwich
			drafts[i].created = now
		}
	}
	return drafts, nil
}

// retire makes keys that only verify. They are kept from now on as long as what they signed may be valid.
func retire(drafts []*draftKey, now, atLeast time.Time) {
	at := now
	if atLeast.After(at) {
		at = atLeast.UTC().Truncate(time.Microsecond)
	}
	for _, k := range drafts {
		k.state, k.retired, k.activated = KeyRetiring, &at, nil
	}
}

func activate(k *draftKey, now time.Time) {
	at := k.created
	if at.IsZero() {
		at = now
	}
	k.state, k.activated, k.retired = KeyActive, &at, nil
}

// adoptKeys adds keys to a tenant that is there.
func (p *Provisioner) adoptKeys(ctx context.Context, id uuid.UUID, validUntil time.Time, drafts []*draftKey) (*Adopted, error) {
	row, err := p.get(ctx, tenant.ID(id))
	if err != nil {
		return nil, fmt.Errorf("adopt tenant %s: %w", id, err)
	}
	full, err := p.registry.shown(row)
	if err != nil {
		return nil, err
	}
	added := 0
	err = p.changeKeys(ctx, id, func(ctx context.Context, tx *store.Tx) (bool, error) {
		have, err := tx.SigningKey.Query().Where(signingkey.TenantID(id)).All(ctx)
		if err != nil {
			return false, err
		}
		missing := missingOf(drafts, have)
		if added = len(missing); added == 0 {
			return false, nil
		}
		now := p.now()
		retire(missing, now, validUntil.Add(-signedFor(full)))
		takesOver := added == len(drafts)
		if takesOver {
			used, err := tx.Session.Query().Where(session.TenantID(id)).Exist(ctx)
			if err != nil {
				return false, err
			}
			takesOver = !used
		}
		if takesOver {
			if err := giveWay(ctx, tx, id, now); err != nil {
				return false, err
			}
			activate(missing[len(missing)-1], now)
		}
		for _, key := range missing {
			if err := key.insert(ctx, tx, now); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("adopt the keys of tenant %s: %w", id, err)
	}
	record, err := p.Get(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return &Adopted{Record: record, Keys: added}, err
}

// giveWay makes spares of the keys that sign now or are planned to: they verify, and are there when they are needed.
func giveWay(ctx context.Context, tx *store.Tx, id uuid.UUID, now time.Time) error {
	return tx.SigningKey.Update().
		Where(signingkey.TenantID(id), signingkey.StateIn(string(KeyActive), string(KeyPublished))).
		SetState(string(KeyPublished)).ClearActivatedAt().SetUpdatedAt(now).
		Exec(ctx)
}

func missingOf(drafts []*draftKey, have []*ent.SigningKey) []*draftKey {
	known := map[string]bool{}
	for _, row := range have {
		known[row.Kid] = true
	}
	var missing []*draftKey
	for _, k := range drafts {
		if !known[k.id] {
			known[k.id] = true
			missing = append(missing, k)
		}
	}
	return missing
}
