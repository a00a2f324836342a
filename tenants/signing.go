package tenants

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/signingkey"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// activationDelay is how long a new key is published before it signs: as long as clients keep the old key set, and some more for replicas
// that notice late and clocks that differ.
const activationDelay = JWKSMaxAge + 2*time.Minute

// draftKey is a signing key that has not been written yet.
type draftKey struct {
	tenant    uuid.UUID
	id, alg   string
	public    json.RawMessage
	sealed    []byte
	state     KeyState
	activated *time.Time // for a published key: when it is to sign
	retired   *time.Time
	created   time.Time // when it is inserted, unless set
}

// newKey makes and seals a key. It may take long for RSA, so never call it inside a unit of work.
func (p *Provisioner) newKey(ctx context.Context, tenantID uuid.UUID, alg jose.Alg) (*draftKey, error) {
	key, err := p.o.Keys.Get(ctx, alg)
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	return p.draft(tenantID, key)
}

// draft seals a key.
func (p *Provisioner) draft(tenantID uuid.UUID, key *jose.Key) (*draftKey, error) {
	private, err := key.MarshalPrivate()
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	sealed := p.o.Keyring.Seal(private, KeySealedFor(tenantID, key.ID(), keySealVersion))
	return &draftKey{tenant: tenantID, id: key.ID(), alg: string(key.Alg()), public: key.PublicJWK(), sealed: sealed}, nil
}

func (k *draftKey) insert(ctx context.Context, tx *store.Tx, now time.Time) error {
	created := k.created
	if created.IsZero() {
		created = now
	}
	return tx.SigningKey.Create().SetTenantID(k.tenant).SetKid(k.id).SetAlg(k.alg).SetPublicJwk(k.public).SetPrivateKey(k.sealed).
		SetSealVersion(keySealVersion).SetState(string(k.state)).SetNillableActivatedAt(k.activated).SetNillableRetiredAt(k.retired).
		SetCreatedAt(created).SetUpdatedAt(now).Exec(ctx)
}

// AdvanceKeys moves the keys of a tenant on whose time has come: published to active, then the former active to retiring, and retiring to gone
// once nothing it signed is valid any more. It reports whether any moved. Error: ErrNotFound.
func (p *Provisioner) AdvanceKeys(ctx context.Context, id uuid.UUID) (bool, error) {
	row, err := p.get(ctx, tenant.ID(id))
	if err != nil {
		return false, err
	}
	full, err := p.registry.shown(row)
	if err != nil {
		return false, err
	}
	now := p.now()
	moved := false
	err = p.changeKeys(ctx, id, func(ctx context.Context, tx *store.Tx) (bool, error) {
		keys, err := tx.SigningKey.Query().Where(signingkey.TenantID(id), signingkey.StateNEQ(string(KeyGone))).
			Order(ent.Asc(signingkey.FieldCreatedAt, signingkey.FieldID)).All(ctx)
		if err != nil {
			return false, err
		}
		moved = false
		for _, next := range advance(keys, now, signedFor(full)) {
			if err := next.save(ctx, tx, now); err != nil {
				return false, err
			}
			moved = true
		}
		return moved, nil
	})
	if err != nil {
		return false, fmt.Errorf("advance the keys of tenant %s: %w", id, err)
	}
	return moved, nil
}

// step is a key's move to its next state.
type step struct {
	key *ent.SigningKey
	to  KeyState
}

func (s step) save(ctx context.Context, tx *store.Tx, now time.Time) error {
	update := tx.SigningKey.UpdateOneID(s.key.ID).SetState(string(s.to)).SetUpdatedAt(now)
	switch s.to {
	case KeyRetiring:
		update = update.SetRetiredAt(now)
	case KeyGone:
		update = update.SetPrivateKey([]byte{})
	}
	return update.Exec(ctx)
}

// advance decides which keys move. Of several active keys the latest activated one signs and the others retire.
func advance(keys []*ent.SigningKey, now time.Time, signedFor time.Duration) []step {
	var steps []step
	var signer *ent.SigningKey
	for _, k := range keys {
		if signs(k, now) && (signer == nil || !activation(k).Before(activation(signer))) {
			signer = k
		}
	}
	for _, k := range keys {
		switch state := KeyState(k.State); {
		case k == signer && state == KeyPublished:
			steps = append(steps, step{k, KeyActive})
		case k != signer && signs(k, now):
			steps = append(steps, step{k, KeyRetiring})
		case state == KeyRetiring && k.RetiredAt != nil && now.Sub(*k.RetiredAt) > signedFor:
			steps = append(steps, step{k, KeyGone})
		}
	}
	return steps
}

// signs reports whether a key's time to sign has begun and not ended.
func signs(k *ent.SigningKey, now time.Time) bool {
	switch KeyState(k.State) {
	case KeyActive:
		return true
	case KeyPublished:
		return k.ActivatedAt != nil && !k.ActivatedAt.After(now)
	default:
		return false
	}
}

func activation(k *ent.SigningKey) time.Time {
	if k.ActivatedAt != nil {
		return *k.ActivatedAt
	}
	return k.CreatedAt
}

// signedFor is how long what a key signs is valid, and some more.
func signedFor(c config.Config) time.Duration {
	return max(time.Duration(c.Session.Lifespan), time.Hour) + activationDelay
}

// A SigningKey is a signing key as its operators see it.
type SigningKey struct {
	ID          string
	Alg         string
	State       KeyState
	CreatedAt   time.Time
	ActivatedAt *time.Time // of a published key: when it will sign
	RetiredAt   *time.Time
}

// SigningKeys lists the keys of a tenant, oldest first. Error: ErrNotFound.
func (p *Provisioner) SigningKeys(ctx context.Context, id uuid.UUID) ([]SigningKey, error) {
	if _, err := p.get(ctx, tenant.ID(id)); err != nil {
		return nil, err
	}
	rows, err := p.db.Reader().SigningKey.Query().Order(ent.Asc(signingkey.FieldCreatedAt, signingkey.FieldID)).
		All(scope.With(ctx, scope.Tenant(id)))
	if err != nil {
		return nil, fmt.Errorf("list the keys of tenant %s: %w", id, err)
	}
	keys := make([]SigningKey, len(rows))
	for i, row := range rows {
		keys[i] = SigningKey{row.Kid, row.Alg, KeyState(row.State), row.CreatedAt.UTC(), row.ActivatedAt, row.RetiredAt}
	}
	return keys, nil
}

// changeKeys changes a tenant's keys under a lock of its row, and bumps its version if change says so.
func (p *Provisioner) changeKeys(ctx context.Context, id uuid.UUID, change func(context.Context, *store.Tx) (bool, error)) error {
	var row *ent.Tenant
	changed := false
	err := p.db.Do(ctx, scope.System("change a tenant's keys"), func(ctx context.Context, tx *store.Tx) error {
		var err error
		if row, err = p.lock(ctx, tx, id); err != nil {
			return err
		}
		if changed, err = change(ctx, tx); err != nil || !changed {
			return err
		}
		row, err = row.Update().AddVersion(1).SetUpdatedAt(p.now()).Save(ctx)
		return err
	})
	if err == nil && changed {
		p.registry.Invalidate(Changed{row.ID, row.Version, nil})
	}
	return err
}
